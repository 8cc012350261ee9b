// Nobody uses up what may be owed to the disk.
#include "server/control/owed.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

Owed::Actor moderator(std::uint64_t account) { return room::Person::of(AccountId{account}); }
const Owed::Actor machine;

room::AuditEntry line(std::string action) {
    return {.unix_ms = 1,
            .actor = "Mo",
            .action = std::move(action),
            .target = "Eve",
            .reason = {},
            .detail = {}};
}
room::Silence silence(std::uint64_t account, bool mute = true) {
    return {.whose = room::Person::of(AccountId{account}), .mute = mute};
}
/// So many lines of somebody's, if there is room for them.
bool owe(Owed& owed, const Owed::Actor& by, std::size_t lines) {
    const room::Changes changes(lines, line("kick"));
    const bool room = owed.has_room(by, changes);
    if (room) {
        owed.add(by, changes);
    }
    return room;
}

TEST(Owed, OneModeratorLeavesRoomForTheOthers) {
    Owed owed;
    EXPECT_TRUE(owe(owed, moderator(1), durable_owed_of_one_max));
    EXPECT_FALSE(owe(owed, moderator(1), 1));
    EXPECT_TRUE(owe(owed, moderator(2), durable_owed_of_one_max));
    EXPECT_EQ(owed.changes(), 2 * durable_owed_of_one_max);
}

TEST(Owed, AllModeratorsLeaveRoomForWhoeverSitsAtTheMachine) {
    Owed owed;
    std::uint64_t last = 0;
    while (owe(owed, moderator(++last), durable_owed_of_one_max)) {
    }
    while (owe(owed, moderator(last), 1)) {
    }
    EXPECT_EQ(owed.changes(), durable_owed_max - durable_owed_reserve);
    EXPECT_FALSE(owe(owed, moderator(9999), 1));
    EXPECT_TRUE(owe(owed, machine, durable_owed_reserve));
    EXPECT_FALSE(owe(owed, machine, 1));
}

TEST(Owed, ASilenceTakesThePlaceOfAnEarlierOne) {
    Owed owed;
    owed.add(moderator(1), {silence(7), line("server_mute")});
    owed.add(moderator(2), {silence(8)});
    owed.add(moderator(2), {room::DropSilence{.whose = room::Person::of(AccountId{7})}});
    const room::Changes wanted{line("server_mute"), silence(8),
                               room::DropSilence{.whose = room::Person::of(AccountId{7})}};
    EXPECT_EQ(owed.from(0), wanted);
    owed.add(moderator(1), {silence(7, false)});
    EXPECT_EQ(owed.from(2), room::Changes{silence(7, false)});
}

TEST(Owed, WhatTakesAnothersPlaceNeedsNone) {
    Owed owed;
    for (std::uint64_t account = 1; account <= durable_owed_of_one_max; ++account) {
        owed.add(moderator(1), {silence(account)});
    }
    EXPECT_FALSE(owed.has_room(moderator(1), {silence(9999)}));
    EXPECT_TRUE(owed.has_room(moderator(1), {silence(7, false)}));
}

TEST(Owed, NotesTakeNobodysRoom) {
    Owed owed;
    for (std::size_t i = 0; i < durable_notes_of_one_max; ++i) {
        ASSERT_TRUE(owed.note(moderator(1), line("recording_begun")));
    }
    EXPECT_FALSE(owed.note(moderator(1), line("recording_ended"))) << "so many of one";
    std::size_t noted = durable_notes_of_one_max;
    for (std::uint64_t account = 2; owed.note(moderator(account), line("recording_begun"));
         ++account) {
        ++noted;
    }
    EXPECT_EQ(noted, durable_notes_max);
    EXPECT_EQ(owed.changes(), 0U);
    EXPECT_TRUE(owe(owed, moderator(1), durable_owed_of_one_max));
}

TEST(Owed, TheOldestGoFirst) {
    Owed owed;
    owed.add(machine, {line("kick"), line("move")});
    ASSERT_TRUE(owed.note(moderator(1), line("recording_begun")));
    owed.drop(1);
    EXPECT_EQ(owed.from(0), (room::Changes{line("move"), line("recording_begun")}));
    EXPECT_EQ(owed.from(1), room::Changes{line("recording_begun")});
    owed.keep(1);
    EXPECT_EQ(owed.from(0), room::Changes{line("move")});
    owed.drop(1);
    EXPECT_TRUE(owed.empty());
}

}  // namespace
}  // namespace partyline::control
