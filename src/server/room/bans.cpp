#include "server/room/bans.hpp"

#include <algorithm>
#include <chrono>
#include <format>
#include <iterator>
#include <limits>
#include <utility>

#include "server/room/account_plans.hpp"
#include "server/room/limits.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

constexpr std::uint8_t mapped_prefix_bits = 96;
constexpr AddressBytes mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// The bits of this byte that a prefix covers.
constexpr std::uint8_t mask_of(std::uint8_t prefix_bits, std::size_t byte) {
    const auto covered =
        std::clamp(static_cast<int>(prefix_bits) - static_cast<int>(byte * 8), 0, 8);
    return static_cast<std::uint8_t>(0xFF00U >> covered);
}

std::int64_t end_of(const Ban& ban) {
    return ban.until_unix_ms == 0 ? std::numeric_limits<std::int64_t>::max() : ban.until_unix_ms;
}

template <class Hits>
const Ban* longest(const Directory& directory, Hits hits) {
    const Ban* found = nullptr;
    for (const auto& [id, ban] : directory.bans()) {
        if ((found == nullptr || end_of(ban) > end_of(*found)) && hits(ban)) {
            found = &ban;
        }
    }
    return found;
}

bool hits_address(const Directory& directory, const Ban& ban, Subject who,
                  const AddressBytes& address) {
    return ban.range && contains(*ban.range, address) && rank(directory, who) < ban.rank &&
           !decide(directory, who, ChannelId{}, Permission::ban);
}

bool hits_account(const Ban& ban, AccountId account) { return account && ban.account == account; }

Result<void> may_ban(const Directory& directory, Subject actor) {
    if (!decide(directory, actor, ChannelId{}, Permission::ban)) {
        return fail(ErrorCode::not_permitted, "You may not ban anybody.");
    }
    return {};
}

Result<void> check_range(const AddressRange& range) {
    // A range of IPv6 holds no IPv4 address: one that is written as such would hit nobody.
    const auto least =
        is_v4(range.address) ? mapped_prefix_bits + ban_prefix_bits_min_v4 : ban_prefix_bits_min_v6;
    if (range.prefix_bits < least || range.prefix_bits > ban_prefix_bits_max) {
        return fail(ErrorCode::too_large,
                    std::format("A range of addresses is at most /{} of IPv4 or /{} of IPv6 wide.",
                                ban_prefix_bits_min_v4, ban_prefix_bits_min_v6));
    }
    return {};
}

Result<void> check(const Directory& directory, const NewBan& made) {
    if (!made.identity && !made.account && !made.range) {
        return fail(ErrorCode::not_permitted,
                    "Say whom to ban: by identity, by account or by address.");
    }
    if (made.account && directory.find(made.account) == nullptr) {
        return fail(ErrorCode::unknown_account, "There is no such account.");
    }
    if (made.range) {
        if (const auto checked = check_range(*made.range); !checked) {
            return checked;
        }
    }
    if (made.seconds > ban_seconds_max) {
        return fail(ErrorCode::too_large,
                    std::format("A ban ends after at most {} s, or never.", ban_seconds_max));
    }
    return check_reason(made.reason);
}

/// Of a range nobody is asked: whoever it would be refused for, it passes over.
Result<void> check_ranks(const Directory& directory, Subject actor, const NewBan& made) {
    std::vector<Subject> targets;
    if (made.account) {
        targets.push_back({made.account});
    }
    if (made.identity) {
        const auto* account = account_of(directory, *made.identity);
        targets.push_back({account == nullptr ? AccountId{} : account->id});
    }
    if (!std::ranges::all_of(targets,
                             [&](Subject who) { return may_act_on(directory, actor, who); })) {
        return fail(ErrorCode::not_permitted,
                    "You may only ban people whose rank is below your own.");
    }
    if (actor.account && std::ranges::contains(targets, actor)) {
        return fail(ErrorCode::not_permitted, "You cannot ban yourself.");
    }
    return {};
}

}  // namespace

// --- whom it hits --------------------------------------------------------------------------------

bool is_v4(const AddressBytes& address) {
    return std::ranges::equal(std::span(address).first<mapped_prefix_bits / 8>(),
                              std::span(mapped_prefix).first<mapped_prefix_bits / 8>());
}

bool contains(const AddressRange& range, const AddressBytes& address) {
    if (is_v4(address) && range.prefix_bits < mapped_prefix_bits) {
        return false;
    }
    for (std::size_t i = 0; i < address.size(); ++i) {
        if (((range.address[i] ^ address[i]) & mask_of(range.prefix_bits, i)) != 0) {
            return false;
        }
    }
    return true;
}

AddressRange trimmed(AddressRange range) {
    for (std::size_t i = 0; i < range.address.size(); ++i) {
        range.address[i] &= mask_of(range.prefix_bits, i);
    }
    return range;
}

bool has_ended(const Ban& ban, std::int64_t now_unix_ms) {
    return ban.until_unix_ms != 0 && ban.until_unix_ms <= now_unix_ms;
}

bool hits(const Directory& directory, const Ban& ban, const Visitor& visitor,
          std::int64_t now_unix_ms) {
    return !has_ended(ban, now_unix_ms) &&
           (ban.identity == visitor.identity || hits_account(ban, visitor.account) ||
            hits_address(directory, ban, {visitor.account}, visitor.address));
}

const Ban* find_ban(const Directory& directory, const Visitor& visitor, std::int64_t now_unix_ms) {
    return longest(directory,
                   [&](const Ban& ban) { return hits(directory, ban, visitor, now_unix_ms); });
}

const Ban* find_range_ban(const Directory& directory, Subject who, const AddressBytes& address,
                          std::int64_t now_unix_ms) {
    return longest(directory, [&](const Ban& ban) {
        return !has_ended(ban, now_unix_ms) && hits_address(directory, ban, who, address);
    });
}

const Ban* find_account_ban(const Directory& directory, AccountId account,
                            std::int64_t now_unix_ms) {
    return longest(directory, [&](const Ban& ban) {
        return !has_ended(ban, now_unix_ms) && hits_account(ban, account);
    });
}

Error banned(const Ban& ban) {
    std::string until = "for good";
    if (ban.until_unix_ms != 0) {
        const std::chrono::sys_time<std::chrono::milliseconds> end{
            std::chrono::milliseconds(ban.until_unix_ms)};
        until = std::format("until {:%Y-%m-%d %H:%M:%S} UTC",
                            std::chrono::ceil<std::chrono::seconds>(end));
    }
    const auto why = ban.reason.empty() ? std::string(".") : ": " + ban.reason;
    return {.code = ErrorCode::banned,
            .message = std::format("You are banned from this server {}{}", until, why),
            .until_unix_ms = ban.until_unix_ms,
            .reason = ban.reason};
}

// --- plans ---------------------------------------------------------------------------------------

Result<Changes> plan_ban(const Directory& directory, Subject actor, NewBan made) {
    const auto checked =
        may_ban(directory, actor).and_then([&] { return check(directory, made); }).and_then([&] {
            return check_ranks(directory, actor, made);
        });
    if (!checked) {
        return std::unexpected(checked.error());
    }
    Changes ended;
    for (const auto& [id, ban] : directory.bans()) {
        if (ended.size() < ended_bans_dropped_max && has_ended(ban, made.now_unix_ms)) {
            ended.emplace_back(DropBan{id});
        }
    }
    if (directory.bans().size() - ended.size() >= bans_max) {
        return fail(ErrorCode::too_large,
                    std::format("There are {} bans already; lift one first.", bans_max));
    }
    const auto until = made.now_unix_ms + static_cast<std::int64_t>(made.seconds) * 1000;
    Changes changes{Ban{.id = directory.next_ban(),
                        .identity = made.identity,
                        .account = made.account,
                        .range = made.range.transform(trimmed),
                        .name = std::move(made.name),
                        .reason = std::move(made.reason),
                        .by = std::move(made.by),
                        .created_unix_ms = made.now_unix_ms,
                        .until_unix_ms = made.seconds == 0 ? 0 : until,
                        .rank = rank(directory, actor)}};
    std::ranges::move(ended, std::back_inserter(changes));
    return changes;
}

Result<Changes> plan_lift_ban(const Directory& directory, Subject actor, BanId ban) {
    if (const auto may = may_ban(directory, actor); !may) {
        return std::unexpected(may.error());
    }
    const auto found = directory.bans().find(ban);
    if (found == directory.bans().end()) {
        return fail(ErrorCode::unknown_ban, "There is no such ban any more.");
    }
    if (found->second.rank > rank(directory, actor)) {
        return fail(ErrorCode::not_permitted, "Somebody of a higher rank has placed that ban.");
    }
    return Changes{DropBan{ban}};
}

}  // namespace partyline::room
