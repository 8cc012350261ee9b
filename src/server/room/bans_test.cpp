#include "server/room/bans.hpp"

#include <gtest/gtest.h>

#include "server/room/limits.hpp"
#include "server/room/rules_test_support.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

constexpr std::int64_t now = 1'700'000'000'000;
constexpr Subject guest{};

constexpr AddressBytes v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d};
}
constexpr AddressBytes v6(std::uint8_t first, std::uint8_t second, std::uint8_t sixth) {
    return {first, second, 0, 0, 0, sixth, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}
constexpr AddressRange v4_range(AddressBytes address, int bits) {
    return {.address = address, .prefix_bits = static_cast<std::uint8_t>(96 + bits)};
}

TEST(AddressRange, HoldsWhatItsPrefixSays) {
    struct Case {
        const char* what;
        AddressRange range;
        AddressBytes address;
        bool holds;
    };
    const Case cases[] = {
        {"itself", v4_range(v4(203, 0, 113, 7), 32), v4(203, 0, 113, 7), true},
        {"its neighbour", v4_range(v4(203, 0, 113, 7), 32), v4(203, 0, 113, 6), false},
        {"first of a /24", v4_range(v4(203, 0, 113, 0), 24), v4(203, 0, 113, 0), true},
        {"last of a /24", v4_range(v4(203, 0, 113, 0), 24), v4(203, 0, 113, 255), true},
        {"after a /24", v4_range(v4(203, 0, 113, 0), 24), v4(203, 0, 114, 0), false},
        {"in a /23", v4_range(v4(203, 0, 112, 0), 23), v4(203, 0, 113, 255), true},
        {"after a /23", v4_range(v4(203, 0, 112, 0), 23), v4(203, 0, 114, 0), false},
        {"in a /9", v4_range(v4(10, 128, 0, 0), 9), v4(10, 200, 1, 1), true},
        {"before a /9", v4_range(v4(10, 128, 0, 0), 9), v4(10, 127, 255, 255), false},
        {"in a /48", {v6(0x20, 1, 9), 48}, v6(0x20, 1, 9), true},
        {"beside a /48", {v6(0x20, 1, 9), 48}, v6(0x20, 1, 8), false},
        {"in a /47", {v6(0x20, 1, 8), 47}, v6(0x20, 1, 9), true},
        {"IPv4 is in no range of IPv6", {AddressBytes{}, 16}, v4(203, 0, 113, 7), false},
        {"IPv6 is in no range of IPv4", v4_range(v4(0, 0, 0, 0), 0), v6(0x20, 1, 9), false},
    };
    for (const auto& [what, range, address, holds] : cases) {
        EXPECT_EQ(contains(range, address), holds) << what;
    }
    EXPECT_EQ(trimmed(v4_range(v4(10, 1, 2, 3), 8)), v4_range(v4(10, 0, 0, 0), 8));
}

class Bans : public testing::Test, protected RulesHouse {
protected:
    Bans() {
        owner = person("Ada", {}, true);
        admin = person("Adam", {admin_role});
        moderator = person("Mo", {moderator_role});
        other_moderator = person("Moe", {moderator_role});
        member = person("Mem", {});
        directory.apply(Device{.identity = identity(1), .account = owner.account});
        directory.apply(Device{.identity = identity(5), .account = member.account});
    }
    /// By a moderator, unless it says otherwise.
    BanId place(Ban ban) {
        ban.id = directory.next_ban();
        ban.rank = ban.rank == 0 ? rank(directory, moderator) : ban.rank;
        directory.apply(ban);
        return ban.id;
    }
    [[nodiscard]] ErrorCode outcome(Subject actor, NewBan ban) const {
        ban.now_unix_ms = now;
        return code(plan_ban(directory, actor, std::move(ban)));
    }

    Subject owner, admin, moderator, other_moderator, member;
};

TEST_F(Bans, HitByAnyOfWhatTheyName) {
    const Ban ban{.id = BanId{1},
                  .identity = identity(9),
                  .account = member.account,
                  .range = v4_range(v4(203, 0, 113, 0), 24),
                  .rank = rank(directory, moderator)};
    const auto away = v4(198, 51, 100, 1);
    const auto inside = v4(203, 0, 113, 99);
    struct Case {
        const char* what;
        Visitor visitor;
        bool hit;
    };
    const Case cases[] = {
        {"identity", {identity(9), {}, away}, true},
        {"account", {identity(5), member.account, away}, true},
        {"address", {identity(3), {}, inside}, true},
        {"none of them", {identity(3), {}, away}, false},
        {"no account is no match", {identity(3), AccountId{}, away}, false},
        {"a moderator behind the address", {identity(3), moderator.account, inside}, false},
        {"the owner behind the address", {identity(1), owner.account, inside}, false},
    };
    for (const auto& [what, visitor, hit] : cases) {
        EXPECT_EQ(hits(directory, ban, visitor, now), hit) << what;
    }
}

TEST_F(Bans, EndOnTheMillisecond) {
    Ban ban{.id = BanId{1}, .identity = identity(9), .until_unix_ms = now};
    const Visitor visitor{.identity = identity(9)};
    EXPECT_TRUE(hits(directory, ban, visitor, now - 1));
    EXPECT_FALSE(hits(directory, ban, visitor, now));
    ban.until_unix_ms = 0;
    EXPECT_TRUE(hits(directory, ban, visitor, now)) << "for good";
}

TEST_F(Bans, TheOneThatEndsLastIsTold) {
    place({.identity = identity(9), .reason = "ended", .until_unix_ms = now - 1});
    place({.identity = identity(9), .reason = "short", .until_unix_ms = now + 1000});
    const auto longer =
        place({.account = member.account, .reason = "longer", .until_unix_ms = now + 2000});
    const Visitor visitor{.identity = identity(9), .account = member.account};
    EXPECT_EQ(find_ban(directory, visitor, now)->id, longer);
    const auto good = place({.identity = identity(9), .reason = "for good"});
    EXPECT_EQ(find_ban(directory, visitor, now)->id, good);
    EXPECT_EQ(find_account_ban(directory, member.account, now)->id, longer);
    EXPECT_EQ(find_ban(directory, {.identity = identity(8)}, now), nullptr);
    EXPECT_EQ(find_account_ban(directory, AccountId{}, now), nullptr);
}

TEST_F(Bans, OfAddressesAreFoundWithoutAnIdentity) {
    place({.range = v4_range(v4(203, 0, 113, 7), 32)});
    EXPECT_NE(find_range_ban(directory, guest, v4(203, 0, 113, 7), now), nullptr);
    EXPECT_EQ(find_range_ban(directory, guest, v4(203, 0, 113, 8), now), nullptr);
    EXPECT_EQ(find_range_ban(directory, moderator, v4(203, 0, 113, 7), now), nullptr);
}

TEST_F(Bans, SayUntilWhenAndWhy) {
    EXPECT_EQ(banned({.reason = "spam", .until_unix_ms = now - 999}).message,
              "You are banned from this server until 2023-11-14 22:13:20 UTC: spam");
    EXPECT_EQ(banned({}).message, "You are banned from this server for good.");
    EXPECT_EQ(banned({}).code, ErrorCode::banned);
    EXPECT_EQ(banned({.reason = "spam"}).reason, "spam");
    EXPECT_EQ(banned({.until_unix_ms = now}).until_unix_ms, now);
}

TEST_F(Bans, ArePlacedByThoseWhoMayOnThoseBelow) {
    const auto range = v4_range(v4(203, 0, 113, 0), 24);
    struct Case {
        const char* what;
        Subject actor;
        NewBan ban;
        ErrorCode code;
    };
    using enum ErrorCode;
    const Case cases[] = {
        {"a member", member, {.identity = identity(9)}, not_permitted},
        {"a guest's identity", moderator, {.identity = identity(9)}, unspecified},
        {"a member's account", moderator, {.account = member.account}, unspecified},
        {"an equal", moderator, {.account = other_moderator.account}, not_permitted},
        {"one above", moderator, {.account = admin.account}, not_permitted},
        {"the owner's device", admin, {.identity = identity(1)}, not_permitted},
        {"oneself", owner, {.account = owner.account}, not_permitted},
        {"nobody", moderator, {}, not_permitted},
        {"no such account", moderator, {.account = AccountId{99}}, unknown_account},
        {"a range", moderator, {.range = range}, unspecified},
    };
    for (const auto& [what, actor, ban, code] : cases) {
        EXPECT_EQ(outcome(actor, ban), code) << what;
    }
}

TEST_F(Bans, OfARangePassOverWhoeverIsNotBelowTheirAuthor) {
    const auto inside = v4(203, 0, 113, 7);
    const auto herald = person("Herald", {role("Herald", 600, {})});
    const auto equal = person("Equal", {role("Equal", 500, {})});
    const auto below = person("Below", {role("Below", 499, {})});
    place({.range = v4_range(inside, 32)});
    EXPECT_EQ(find_range_ban(directory, herald, inside, now), nullptr) << "above, without ban";
    EXPECT_EQ(find_range_ban(directory, equal, inside, now), nullptr);
    EXPECT_NE(find_range_ban(directory, below, inside, now), nullptr);
    place({.range = v4_range(inside, 32), .rank = rank(directory, admin)});
    EXPECT_NE(find_range_ban(directory, herald, inside, now), nullptr);
    EXPECT_EQ(find_range_ban(directory, moderator, inside, now), nullptr) << "who may ban";
}

TEST_F(Bans, AreLiftedByThoseWhoMayBan) {
    const auto ban = place({.identity = identity(9)});
    EXPECT_EQ(plan_lift_ban(directory, moderator, ban), Changes{DropBan{ban}});
    EXPECT_EQ(code(plan_lift_ban(directory, member, ban)), ErrorCode::not_permitted);
    EXPECT_EQ(code(plan_lift_ban(directory, moderator, BanId{99})), ErrorCode::unknown_ban);
    const auto above = place({.identity = identity(9), .rank = owner_rank});
    EXPECT_EQ(code(plan_lift_ban(directory, moderator, above)), ErrorCode::not_permitted);
    EXPECT_EQ(code(plan_lift_ban(directory, admin, above)), ErrorCode::not_permitted);
    EXPECT_TRUE(plan_lift_ban(directory, owner, above));
    EXPECT_TRUE(plan_lift_ban(directory, at_the_machine, above));
    EXPECT_TRUE(plan_lift_ban(directory, other_moderator, ban)) << "an equal's";
}

TEST_F(Bans, HaveLimits) {
    using enum ErrorCode;
    const auto v4_of = [](int bits) { return NewBan{.range = v4_range(v4(10, 0, 0, 0), bits)}; };
    const auto v6_of = [](int bits) {
        return NewBan{.range = AddressRange{v6(0x20, 1, 9), static_cast<std::uint8_t>(bits)}};
    };
    EXPECT_EQ(outcome(moderator, v4_of(ban_prefix_bits_min_v4)), unspecified);
    EXPECT_EQ(outcome(moderator, v4_of(ban_prefix_bits_min_v4 - 1)), too_large);
    EXPECT_EQ(outcome(moderator, {.range = AddressRange{v4(203, 0, 113, 0), 24}}), too_large)
        << "\"::ffff:203.0.113.0/24\", which would hit nobody";
    EXPECT_EQ(outcome(moderator, v6_of(ban_prefix_bits_min_v6)), unspecified);
    EXPECT_EQ(outcome(moderator, v6_of(ban_prefix_bits_min_v6 - 1)), too_large);
    EXPECT_EQ(outcome(moderator, v6_of(ban_prefix_bits_max)), unspecified);
    EXPECT_EQ(outcome(moderator, v6_of(ban_prefix_bits_max + 1)), too_large);

    NewBan ban{.identity = identity(9), .seconds = ban_seconds_max};
    EXPECT_EQ(outcome(moderator, ban), unspecified);
    ban.seconds = ban_seconds_max + 1;
    EXPECT_EQ(outcome(moderator, ban), too_large);
    ban.seconds = 1;
    ban.reason = std::string(reason_bytes_max, 'x');
    EXPECT_EQ(outcome(moderator, ban), unspecified);
    ban.reason += 'x';
    EXPECT_EQ(outcome(moderator, ban), too_large);
    ban.reason = "two\nlines";
    EXPECT_EQ(outcome(moderator, ban), not_permitted);
}

TEST_F(Bans, ThatHaveEndedMakeRoomForNewOnes) {
    for (std::size_t i = 1; i < bans_max; ++i) {
        place({.identity = identity(2)});
    }
    const auto ended = place({.identity = identity(3), .until_unix_ms = now});
    const NewBan ban{.identity = identity(9),
                     .name = "Rude",
                     .reason = "rude",
                     .by = "Mo",
                     .now_unix_ms = now,
                     .seconds = 60};
    const auto changes = plan_ban(directory, moderator, ban);
    ASSERT_TRUE(changes);
    EXPECT_EQ(std::get<Ban>(changes->front()), (Ban{.id = directory.next_ban(),
                                                    .identity = identity(9),
                                                    .name = "Rude",
                                                    .reason = "rude",
                                                    .by = "Mo",
                                                    .created_unix_ms = now,
                                                    .until_unix_ms = now + 60'000,
                                                    .rank = 500}));
    EXPECT_EQ(changes->back(), Change(DropBan{ended}));
    directory.apply(*changes);
    EXPECT_EQ(outcome(moderator, ban), ErrorCode::too_large);
}

TEST_F(Bans, OnlySoManyThatHaveEndedGoWithANewOne) {
    for (std::size_t i = 0; i <= ended_bans_dropped_max; ++i) {
        place({.identity = identity(2), .until_unix_ms = now});
    }
    const NewBan ban{.identity = identity(9), .now_unix_ms = now};
    const auto first = plan_ban(directory, moderator, ban);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->size(), 1 + ended_bans_dropped_max);
    directory.apply(*first);
    const auto next = plan_ban(directory, moderator, ban);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->size(), 2U) << "and the last of them with the next";
}

}  // namespace
}  // namespace partyline::room
