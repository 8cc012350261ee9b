// Who may not come in: whom a ban hits, and what changes when one is placed or lifted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "server/room/decide.hpp"

namespace partyline::room {

/// Somebody at the door, or already inside.
struct Visitor {
    Identity identity{};
    AccountId account{};  // zero: none
    AddressBytes address{};
};

/// IPv4 in its mapped form. A range of IPv6 holds no IPv4 address, however wide it is.
[[nodiscard]] bool is_v4(const AddressBytes& address);
[[nodiscard]] bool contains(const AddressRange& range, const AddressBytes& address);
/// The same range with nothing behind its prefix.
[[nodiscard]] AddressRange trimmed(AddressRange range);

[[nodiscard]] bool has_ended(const Ban& ban, std::int64_t now_unix_ms);
/// Behind one address are often several people: a range passes over those who may ban, and over whose
/// rank is not below that of whoever placed it.
[[nodiscard]] bool hits(const Directory& directory, const Ban& ban, const Visitor& visitor,
                        std::int64_t now_unix_ms);
/// Of those that hit, the one that ends last; null if there is none.
[[nodiscard]] const Ban* find_ban(const Directory& directory, const Visitor& visitor,
                                  std::int64_t now_unix_ms);
/// As far as the address alone says, for somebody of this account. Costs little, and is to be asked
/// before anything that costs more.
[[nodiscard]] const Ban* find_range_ban(const Directory& directory, Subject who,
                                        const AddressBytes& address, std::int64_t now_unix_ms);
/// Of an account alone.
[[nodiscard]] const Ban* find_account_ban(const Directory& directory, AccountId account,
                                          std::int64_t now_unix_ms);
/// What whoever is hit is told.
[[nodiscard]] Error banned(const Ban& ban);

struct NewBan {
    std::optional<Identity> identity;
    AccountId account{};
    std::optional<AddressRange> range;
    std::string name;  // whom it is meant for, for people to read
    std::string reason;
    std::string by;
    std::int64_t now_unix_ms = 0;
    std::uint64_t seconds = 0;  // 0: for good
};

/// Fails with not_permitted (also for an identity or account whose rank is not below the actor's),
/// unknown_account or too_large. The first change is the new Ban; of those that have ended some go.
Result<Changes> plan_ban(const Directory& directory, Subject actor, NewBan made);
/// Fails with not_permitted (also for one that somebody of a higher rank has placed) or unknown_ban.
Result<Changes> plan_lift_ban(const Directory& directory, Subject actor, BanId ban);

}  // namespace partyline::room
