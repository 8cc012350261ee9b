#include "server/room/consequences.hpp"

#include <gtest/gtest.h>

#include "server/room/account_plans.hpp"
#include "server/room/limits.hpp"
#include "server/room/rules_test_support.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

class Consequences : public testing::Test, protected RulesHouse {
protected:
    Consequences() {
        member = person("Mem", {}).account;
        link(1);
        link(2);
    }
    void link(std::size_t number) { apply({Device{identity(number), member}}); }
    void apply(Changes changes) {
        directory.apply(with_consequences(directory, std::move(changes), now_unix_ms));
    }
    void silence(const Person& whose, bool deafen = false, std::int64_t unix_ms = 0) {
        directory.apply(Silence{.whose = whose,
                                .mute = !deafen,
                                .deafen = deafen,
                                .rank = deafen ? 600U : 500U,
                                .unix_ms = unix_ms,
                                .reason = deafen ? "echo" : "noise"});
    }
    [[nodiscard]] const Silence* silence_of(std::size_t number) const {
        return directory.silence_of(directory.person_of(identity(number)));
    }

    AccountId member;
    std::int64_t now_unix_ms = 8;
};

TEST_F(Consequences, OfWhatTouchesNobodysSilenceAreNone) {
    const Changes changes{Device{identity(3), member}, DropDevice{identity(1)}, AuditEntry{}};
    EXPECT_EQ(with_consequences(directory, changes, now_unix_ms), changes);
}

TEST_F(Consequences, ComeBetweenTheFirstAndTheLast) {
    silence(Person::of(member));
    const auto changes = with_consequences(
        directory, {DropDevice{identity(1)}, AuditEntry{.action = "x"}}, now_unix_ms);
    ASSERT_EQ(changes.size(), 3U);
    EXPECT_EQ(changes.front(), Change(DropDevice{identity(1)}));
    EXPECT_EQ(changes[1], Change(Silence{.whose = Person::of(identity(1)),
                                         .mute = true,
                                         .rank = 500,
                                         .left = member,
                                         .reason = "noise"}));
    EXPECT_EQ(changes.back(), Change(AuditEntry{.action = "x"}));
}

TEST_F(Consequences, ASilenceComesAlongToAnAccountAndIsAddedToIts) {
    silence(Person::of(member), true, 3);
    silence(Person::of(identity(9)), false, 2);
    link(9);
    EXPECT_EQ(directory.silences().size(), 1U) << "the device is nobody by itself any more";
    EXPECT_EQ(*silence_of(1), (Silence{.whose = Person::of(member),
                                       .mute = true,
                                       .deafen = true,
                                       .rank = 600,
                                       .unix_ms = 3,
                                       .reason = "echo"}))
        << "the newer reason of the two";
}

TEST_F(Consequences, ADevicesSilenceIsKeptWhenItLeaves) {
    silence(Person::of(member));
    apply({DropDevice{identity(1)}});
    EXPECT_EQ(silence_of(1)->left, member);
    EXPECT_EQ(silence_of(2)->left, AccountId{});
    apply({DropAccount{member}});
    EXPECT_EQ(silence_of(2)->whose, Person::of(identity(2)));
    EXPECT_EQ(directory.silence_of(Person::of(member)), nullptr) << "there is no such account";
    EXPECT_EQ(directory.silences().size(), 2U);
}

TEST_F(Consequences, NobodyMakesSilencesWithoutEnd) {
    silence(Person::of(member));
    for (std::size_t i = 10; i < 10 + silences_left_max + 3; ++i) {
        link(i);
        apply({DropDevice{identity(i)}});
    }
    EXPECT_EQ(directory.silences().size(), 1 + silences_left_max);
    EXPECT_NE(silence_of(1), nullptr);
    EXPECT_NE(silence_of(10 + silences_left_max + 2), nullptr) << "the newest stays";
}

TEST_F(Consequences, OfLeavingThrowOutNothingThatAModeratorHasDone) {
    silence(Person::of(member));
    for (std::size_t i = 1; i < silences_max; ++i) {
        directory.apply(Silence{.whose = Person::of(identity(1000 + i)), .mute = true});
    }
    apply({DropDevice{identity(1)}});
    EXPECT_EQ(directory.silences().size(), silences_max);
    EXPECT_EQ(silence_of(1), nullptr) << "there is no room for it";
    // Where another device has such a place, the oldest of those makes room.
    directory.apply(DropSilence{Person::of(identity(1001))});
    apply({DropDevice{identity(2)}});
    EXPECT_NE(silence_of(2), nullptr);
    link(1);
    apply({DropDevice{identity(1)}});
    EXPECT_NE(silence_of(1), nullptr);
    EXPECT_EQ(silence_of(2), nullptr);
    EXPECT_EQ(directory.silences().size(), silences_max);
}

TEST_F(Consequences, ABanOfAnAccountStaysWithADeviceThatLeavesIt) {
    const Ban ban{.id = BanId{1},
                  .identity = identity(1),
                  .account = member,
                  .range = AddressRange{},
                  .name = "Mem",
                  .reason = "rude",
                  .by = "Mo",
                  .until_unix_ms = 9,
                  .rank = 500};
    directory.apply(ban);
    apply({DropDevice{identity(1)}});
    EXPECT_EQ(directory.bans().size(), 1U) << "by its identity it is banned already";
    link(3);
    apply({DropAccount{member}});
    ASSERT_EQ(directory.bans().size(), 3U);
    auto left = ban;
    left.id = BanId{2};
    left.account = {};
    left.range = {};
    left.identity = identity(2);
    EXPECT_EQ(directory.bans().at(BanId{2}), left);
    EXPECT_EQ(directory.bans().at(BanId{3}).identity, identity(3));
}

TEST_F(Consequences, ABanThatHasEndedStaysWithNoDevice) {
    directory.apply(Ban{.id = BanId{1}, .account = member, .until_unix_ms = 9, .rank = 500});
    now_unix_ms = 9;
    apply({DropDevice{identity(1)}});
    EXPECT_EQ(directory.bans().size(), 1U) << "it ends now";
    now_unix_ms = 8;
    apply({DropDevice{identity(2)}});
    EXPECT_EQ(directory.bans().size(), 2U) << "it holds for a moment yet";
}

}  // namespace
}  // namespace partyline::room
