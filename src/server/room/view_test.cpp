#include "server/room/view.hpp"

#include <gtest/gtest.h>

#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;

TEST(RoomView, AHiddenRoomIsNotThereAndWhatIsInItMovesUp) {
    RulesHouse house;
    const auto lobby = house.room("Lobby");
    const auto office = house.room("Office", lobby, {{guest_role, {.deny = {see}}}});
    const auto desk = house.room("Desk", office, {{guest_role, {.allow = {see}}}});
    const auto safe = house.room("Safe", office);
    const auto& directory = house.directory;
    EXPECT_EQ(view_of(directory, {}, {}), (View{{lobby, {}}, {desk, lobby}}));
    EXPECT_EQ(view_of(directory, {}, safe), (View{{lobby, {}}, {desk, lobby}, {safe, lobby}}))
        << "one sees the room one is in";
    const auto owner = house.person("Ada", {}, true);
    EXPECT_EQ(view_of(directory, owner, {}),
              (View{{lobby, {}}, {office, lobby}, {desk, office}, {safe, office}}));
}

TEST(RoomView, ARoomIsFoundByItsPath) {
    RulesHouse house;
    const auto lobby = house.room("Lobby");
    const auto attic = house.room("Attic", lobby);
    house.room("Cellar");
    EXPECT_EQ(channel_at(house.directory, "lobby"), lobby);
    EXPECT_EQ(channel_at(house.directory, "Lobby/ATTIC"), attic);
    for (const auto* path : {"", "Attic", "Lobby/Cellar", "/Lobby", "Lobby/Attic/Lobby"}) {
        EXPECT_EQ(channel_at(house.directory, path), ChannelId{}) << path;
    }
}

TEST(RoomView, PeopleWithTheSameRolesHaveTheSameKey) {
    RulesHouse house;
    const auto& directory = house.directory;
    const auto a = house.person("A", {moderator_role});
    const auto b = house.person("B", {moderator_role});
    const auto c = house.person("C", {});
    const auto owner = house.person("D", {}, true);
    EXPECT_EQ(view_key(directory, a), view_key(directory, b));
    EXPECT_NE(view_key(directory, a), view_key(directory, c));
    EXPECT_NE(view_key(directory, {}), view_key(directory, c));
    EXPECT_NE(view_key(directory, owner), view_key(directory, c));
}

}  // namespace
}  // namespace partyline::room
