// Passwords that people choose, as they are kept: Argon2id (RFC 9106) in libsodium's text form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace partyline::crypto {

/// Takes 64 MiB and about a tenth of a second, as each verify_password() does; nothing when there is
/// not that much memory. [any]
std::optional<std::string> hash_password(std::string_view password);

enum class PasswordCheck : std::uint8_t { right, wrong, no_memory };
/// A hash that is none fits nothing. [any]
PasswordCheck verify_password(const std::string& hash, std::string_view password);

/// A hash that no known password fits and that takes as long to verify as any: for accounts that
/// are not there, so that nobody learns by the time which are.
const std::string& decoy_password_hash();

}  // namespace partyline::crypto
