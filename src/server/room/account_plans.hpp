// What changes when somebody claims a name, links a device to it, or becomes the owner: judged, and
// not yet done. Each plan ends with its line for the audit log.
//
// Passwords and codes are hashed and compared elsewhere; here their hashes are texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "server/room/directory.hpp"

namespace partyline::room {

/// A device that is to be an account's from now on.
struct NewDevice {
    Identity identity{};
    std::string label;  // for people; may be empty
    std::int64_t unix_ms = 0;
};

/// Whose command it is.
struct Deed {
    std::string by;
    std::int64_t unix_ms = 0;
};

/// Fails with invalid_name for what could not be a person's name either; a label may be empty.
Result<void> check_device_label(std::string_view label);
/// Fails with not_permitted for a password that is too short or too long.
Result<void> check_password(std::string_view password);

/// Whose device this is; nothing for a guest's.
[[nodiscard]] const Account* account_of(const Directory& directory, const Identity& identity);
/// In the order of linking.
[[nodiscard]] std::vector<Device> devices_of(const Directory& directory, AccountId account);
[[nodiscard]] bool has_owner(const Directory& directory);
/// Whether somebody with this device may call themself so: fails with name_taken when the name is
/// another's account.
[[nodiscard]] Result<void> may_bear(const Directory& directory, const Identity& identity,
                                    std::string_view name);

struct Claim {
    std::string name;
    std::string password_hash;
    std::string recovery_hash;
    NewDevice device;
};
/// Fails with invalid_name, name_taken, server_full, or not_permitted for a device that has an
/// account. The first change is the account.
Result<Changes> plan_claim(const Directory& directory, Claim claim);

/// `recovery_hash`: of the code that replaces the one which was used to link.
Result<Changes> plan_link(const Directory& directory, AccountId to, NewDevice device,
                          const std::optional<std::string>& recovery_hash);
Result<Changes> plan_unlink(const Directory& directory, AccountId from, const Identity& identity,
                            const Deed& deed);

struct NewPassword {
    std::string hash;
    std::optional<std::string> recovery_hash;  // as in plan_link()
};
Result<Changes> plan_password(const Directory& directory, AccountId of, NewPassword password,
                              const Deed& deed);

/// A code that replaces the one until now.
Result<Changes> plan_recovery_code(const Directory& directory, AccountId of, std::string hash,
                                   const Deed& deed);

/// Its devices are guests' from now on, and its name is free. Fails with not_permitted for the owner's.
Result<Changes> plan_delete_account(const Directory& directory, AccountId id, const Deed& deed);

/// Fails with bad_password unless it is the token that was given out at the start.
Result<Changes> plan_owner(const Directory& directory, AccountId id,
                           const std::array<std::byte, 32>& token_hash, std::int64_t unix_ms);

}  // namespace partyline::room
