// The examples of docs/permissions.md, and the corners of the evaluation order.
#include "server/room/decide.hpp"

#include <gtest/gtest.h>

#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;
constexpr Subject guest{};

class Decide : public testing::Test, protected RulesHouse {
protected:
    [[nodiscard]] bool may(Subject who, ChannelId where, Permission what) const {
        const bool decided = decide(directory, who, where, what);
        EXPECT_EQ(explain(directory, who, where, what).back().holds, decided);
        EXPECT_EQ(permissions(directory, who, where).has(what), decided);
        return decided;
    }
};

TEST_F(Decide, GuestsOfAnUntouchedServerTalkAndWriteAndRunNothing) {
    const auto lobby = room("Lobby");
    EXPECT_EQ(permissions(directory, guest, lobby),
              (PermissionSet{see, enter, speak, write, read_history, whisper, write_direct}));
}

TEST_F(Decide, TheOwnerMayDoEverythingWhateverARoomSays) {
    const auto vault = room("Vault", {}, {{guest_role, {.deny = {see, enter, speak}}}});
    const auto owner = person("Ada", {}, true);
    EXPECT_EQ(permissions(directory, owner, vault), PermissionSet::all());
    EXPECT_EQ(explain(directory, owner, vault, speak),
              (Explanation{{.rule = Rule::owner, .holds = true}}));
}

TEST_F(Decide, SoMayWhoAdministers) {
    const auto vault = room("Vault", {}, {{admin_role, {.deny = {speak}}}});
    const auto admin = person("Bob", {admin_role});
    EXPECT_EQ(permissions(directory, admin, vault), PermissionSet::all());
    EXPECT_EQ(explain(directory, admin, vault, speak),
              (Explanation{{.rule = Rule::administers, .role = admin_role, .holds = true}}));
}

// "Announcements": everybody listens, moderators speak.
TEST_F(Decide, ARoomTakesFromAllAndGivesBackToOneRole) {
    const auto hall =
        room("Announcements", {},
             {{guest_role, {.deny = {speak, write}}}, {moderator_role, {.allow = {speak, write}}}});
    const auto moderator = person("Mo", {moderator_role});
    EXPECT_FALSE(may(guest, hall, speak));
    EXPECT_FALSE(may(person("Mem", {}), hall, speak)) << "a member is a guest too";
    EXPECT_TRUE(may(moderator, hall, speak));
    EXPECT_TRUE(may(guest, hall, read_history));
    EXPECT_EQ(explain(directory, guest, hall, speak),
              (Explanation{{.rule = Rule::granted, .role = guest_role, .holds = true},
                           {.rule = Rule::denied, .role = guest_role, .channel = hall}}));
    EXPECT_EQ(
        explain(directory, moderator, hall, speak),
        (Explanation{
            {.rule = Rule::granted, .role = moderator_role, .holds = true},
            {.rule = Rule::allowed, .role = moderator_role, .channel = hall, .holds = true}}));
}

// "Muted": a role that takes something away ranks above those that give it.
TEST_F(Decide, TheHigherRoleOfOnePersonWinsAtOneRoom) {
    const auto muted = role("Muted", 200, {});
    const auto lobby = room("Lobby", {}, {{muted, {.deny = {speak}}}});
    const auto loud = person("Loud", {muted});
    EXPECT_FALSE(may(loud, lobby, speak));
    say(lobby, member_role, {.allow = {speak}});
    EXPECT_FALSE(may(loud, lobby, speak)) << "Member ranks below Muted";
    say(lobby, moderator_role, {.allow = {speak}});
    EXPECT_FALSE(may(loud, lobby, speak)) << "who does not have a role is not helped by it";
    EXPECT_TRUE(may(person("Loud moderator", {muted, moderator_role}), lobby, speak));
}

TEST_F(Decide, AtEqualRankAllowWins) {
    const auto one = role("One", 50, {});
    const auto two = role("Two", 50, {});
    const auto lobby = room("Lobby", {}, {{one, {.deny = {speak}}}, {two, {.allow = {speak}}}});
    EXPECT_FALSE(may(person("A", {one}), lobby, speak));
    EXPECT_TRUE(may(person("B", {one, two}), lobby, speak));
    say(lobby, one, {.allow = {speak}});
    say(lobby, two, {.deny = {speak}});
    EXPECT_TRUE(may(person("C", {one, two}), lobby, speak));
}

// "Games": what a room says holds in those inside it until one of them says otherwise.
TEST_F(Decide, TheDeeperRoomHasTheLastWord) {
    const auto games = room("Games", {}, {{guest_role, {.deny = {speak}}}});
    const auto red = room("Red team", games);
    const auto blue = room("Blue team", games, {{guest_role, {.allow = {speak}}}});
    EXPECT_FALSE(may(guest, red, speak));
    EXPECT_TRUE(may(guest, blue, speak));
    say(games, moderator_role, {.allow = {speak}});
    say(blue, guest_role, {.deny = {speak}});
    EXPECT_FALSE(may(person("Mo", {moderator_role}), blue, speak))
        << "rank counts within one room only";
}

// "Staff only": nothing is left of what one may do in a room that one may not enter.
TEST_F(Decide, WhoMayNotSeeOrEnterMayDoNothingInARoom) {
    const auto office = room("Office", {}, {{guest_role, {.deny = {see}}}});
    EXPECT_EQ(permissions(directory, guest, office), PermissionSet{write_direct})
        << "which is about no room";
    EXPECT_EQ(explain(directory, guest, office, write).back(),
              (Step{.rule = Rule::may_not_see, .channel = office}));
    say(office, guest_role, {.deny = {enter}});
    EXPECT_EQ(permissions(directory, guest, office), (PermissionSet{see, write_direct}));
    EXPECT_EQ(explain(directory, guest, office, write).back(),
              (Step{.rule = Rule::may_not_enter, .channel = office}));
}

TEST_F(Decide, ARoomHasNoSayInWhatIsForTheWholeServer) {
    const auto lobby = room("Lobby", {}, {{guest_role, {.allow = PermissionSet::all()}}});
    const auto office = room("Office", {}, {{moderator_role, {.deny = PermissionSet::all()}}});
    EXPECT_FALSE(may(guest, lobby, kick));
    EXPECT_FALSE(may(guest, lobby, administer));
    EXPECT_TRUE(may(person("Mo", {moderator_role}), office, kick));
}

TEST_F(Decide, InNoRoomTheGrantsCountAndInAnUnknownOneNothing) {
    EXPECT_TRUE(may(guest, {}, speak));
    EXPECT_FALSE(may(guest, ChannelId{77}, speak));
    EXPECT_EQ(explain(directory, guest, ChannelId{77}, speak),
              (Explanation{{.rule = Rule::no_room, .channel = ChannelId{77}}}));
}

TEST_F(Decide, AnAccountThatIsGoneIsAGuest) {
    const auto admin = person("Gone", {admin_role});
    directory.apply(DropAccount{admin.account});
    EXPECT_FALSE(may(admin, {}, administer));
    EXPECT_EQ(rank(directory, admin), rank(directory, guest));
}

TEST_F(Decide, ADeletedRoleGivesNothing) {
    const auto dj = role("DJ", 50, {priority_speaker});
    const auto who = person("Dee", {dj});
    EXPECT_TRUE(may(who, {}, priority_speaker));
    EXPECT_EQ(rank(directory, who), 100U) << "Member's";
    directory.apply(DropRole{dj});
    EXPECT_FALSE(may(who, {}, priority_speaker));
}

TEST_F(Decide, NobodyActsOnTheirEqual) {
    const auto owner = person("Ada", {}, true);
    const auto admin = person("Bob", {admin_role});
    const auto other = person("Bea", {admin_role});
    const auto moderator = person("Mo", {moderator_role});
    EXPECT_TRUE(may_act_on(directory, owner, admin));
    EXPECT_TRUE(may_act_on(directory, owner, owner));
    EXPECT_FALSE(may_act_on(directory, admin, other));
    EXPECT_FALSE(may_act_on(directory, admin, owner));
    EXPECT_TRUE(may_act_on(directory, admin, moderator));
    EXPECT_TRUE(may_act_on(directory, moderator, guest));
    EXPECT_FALSE(may_act_on(directory, guest, guest));
}

}  // namespace
}  // namespace partyline::room
