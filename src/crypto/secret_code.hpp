// Codes that a program makes up and a person types: recovery codes, the owner's token.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace partyline::crypto {

using CodeHash = std::array<std::byte, 32>;

/// 100 random bits in groups, as in "7Q2KX-0M9RD-EV4WT-1H8NA" (Crockford's base 32). [any]
std::string make_secret_code();

/// SHA-256 of a code, with its letters in either case, O for 0, I and L for 1, and with or without
/// its dashes and spaces; nothing for what is no such code. A plain hash will do: nobody guesses a
/// hundred bits. [any]
std::optional<CodeHash> hash_secret_code(std::string_view typed);

}  // namespace partyline::crypto
