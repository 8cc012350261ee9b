// Rooms of the configuration file among rooms that were made while the server ran.
#include "server/store/places.hpp"

#include <algorithm>

#include "server/room/limits.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

using room::Channel;
using test::Waiting;

Channel named(std::uint32_t id, std::uint32_t parent, std::string name, std::string topic = {}) {
    return {.id = ChannelId{id},
            .parent = ChannelId{parent},
            .name = std::move(name),
            .topic = std::move(topic)};
}

/// Each settle() is as a start with that file.
class PlacesTest : public testing::Test {
protected:
    std::vector<Channel> settle(const std::vector<Channel>& of_file) {
        settled_ = waiting_.store->settle(of_file).value();
        return settled_;
    }
    /// Of the last settle().
    [[nodiscard]] const Channel& find(const std::string& name) const {
        const auto found = std::ranges::find(settled_, name, &Channel::name);
        EXPECT_NE(found, settled_.end()) << name;
        return *found;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& channel : settled_) {
            names.push_back(channel.name);
        }
        std::ranges::sort(names);
        return names;
    }
    /// While the server runs.
    void change(const Channel& channel) {
        ASSERT_TRUE(waiting_.apply({room::ChannelRecord{.channel = channel}}));
    }
    void drop(ChannelId id) { ASSERT_TRUE(waiting_.apply({room::DropChannel{id}})); }

    using Names = std::vector<std::string>;
    const test::Folder folder_;
    Waiting waiting_{folder_.path / "partyline.db"};
    std::vector<Channel> settled_;
};

TEST_F(PlacesTest, RoomsMadeLiveStayBesideThoseOfTheFile) {
    settle({named(1, 0, "Lobby")});
    change({.id = ChannelId{9}, .parent = find("Lobby").id, .name = "Nook"});
    settle({named(1, 0, "Lobby")});
    EXPECT_EQ(names(), (Names{"Lobby", "Nook"}));
    settle({named(1, 0, "Lobby"), named(2, 0, "Cellar")});
    EXPECT_EQ(find("Cellar").id, ChannelId{10}) << "above all ids so far";
}

TEST_F(PlacesTest, WhatWasChangedLiveHoldsUntilTheFileSaysOtherwise) {
    settle({named(1, 0, "Lobby", "old")});
    auto lobby = find("Lobby");
    lobby.name = "Foyer";
    lobby.topic = "live";
    lobby.seats_max = 5;
    change(lobby);
    settle({named(1, 0, "Lobby", "old")});
    EXPECT_EQ(settled_, std::vector{lobby}) << "the file says what it said before";
    settle({named(1, 0, "Lobby", "new")});
    lobby.topic = "new";
    EXPECT_EQ(settled_, std::vector{lobby}) << "only what the file has changed";
    settle({named(1, 0, "LOBBY", "new")});
    EXPECT_EQ(names(), Names{"Foyer"}) << "another spelling of a name it has no more";
}

TEST_F(PlacesTest, AnotherSpellingOrderOrRetentionInTheFileHolds) {
    settle({named(1, 0, "lobby")});
    auto file = named(1, 0, "Lobby");
    file.order = 3;
    file.retention = {.keep = true, .days = 7};
    settle({file});
    EXPECT_EQ(settled_, std::vector{file});
}

TEST_F(PlacesTest, WhatWasDeletedLiveStaysDeletedUntilTheFileWasWithoutIt) {
    const std::vector file{named(1, 0, "Lobby"), named(2, 1, "Attic")};
    settle(file);
    const auto first = find("Attic").id;
    drop(first);
    settle(file);
    EXPECT_EQ(names(), Names{"Lobby"});
    drop(find("Lobby").id);
    settle(file);
    EXPECT_TRUE(settled_.empty()) << "a room inside a deleted one is not made either";
    settle({});
    settle(file);
    EXPECT_EQ(names(), (Names{"Attic", "Lobby"}));
    EXPECT_NE(find("Attic").id, first) << "no id is used twice";
}

TEST_F(PlacesTest, WhatTheFileHasNoMoreGoesAndComesBackAsItWas) {
    const std::vector file{named(1, 0, "Lobby"), named(2, 0, "Games"), named(3, 2, "Chess")};
    settle(file);
    auto chess = find("Chess");
    chess.seats_max = 2;
    change(chess);
    auto said = test::message(1);
    said.channel = chess.id;
    ASSERT_TRUE(waiting_.append(said));
    settle({named(1, 0, "Lobby")});
    EXPECT_EQ(names(), Names{"Lobby"});
    settle(file);
    EXPECT_EQ(find("Chess"), chess);
    EXPECT_TRUE(waiting_.find(1));
}

TEST_F(PlacesTest, OneThatHoldsALiveRoomStays) {
    settle({named(1, 0, "Games"), named(2, 1, "Chess")});
    change({.id = ChannelId{9}, .parent = find("Chess").id, .name = "Nook"});
    settle({});
    EXPECT_EQ(names(), (Names{"Chess", "Games", "Nook"}));
    drop(ChannelId{9});
    settle({});
    EXPECT_TRUE(settled_.empty()) << "nothing holds it any more";
}

TEST_F(PlacesTest, OneThatWaitsInsideADeletedRoomComesBackWhereTheFileHasIt) {
    settle({named(1, 0, "Lobby"), named(2, 0, "Games"), named(3, 2, "Chess")});
    auto chess = find("Chess");
    chess.parent = find("Lobby").id;
    change(chess);
    settle({named(1, 0, "Lobby"), named(2, 0, "Games")});
    drop(find("Lobby").id);
    settle({named(2, 0, "Games"), named(3, 2, "Chess")});
    EXPECT_EQ(find("Chess").id, chess.id);
    EXPECT_EQ(find("Chess").parent, find("Games").id);
}

TEST_F(PlacesTest, TheFileTakesOverALiveRoomOfItsName) {
    settle({});
    change({.id = ChannelId{5}, .name = "Nook", .topic = "live"});
    settle({named(1, 0, "NOOK", "file")});
    EXPECT_EQ(settled_,
              (std::vector<Channel>{{.id = ChannelId{5}, .name = "Nook", .topic = "live"}}));
    settle({named(1, 0, "NOOK", "changed")});
    EXPECT_EQ(settled_.front().topic, "changed");
}

TEST_F(PlacesTest, ANameThatAnotherBearsByNowIsNotMade) {
    settle({named(1, 0, "Lobby")});
    auto lobby = find("Lobby");
    lobby.name = "Games";
    change(lobby);
    settle({named(1, 0, "Lobby"), named(2, 0, "Games")});
    EXPECT_EQ(settled_, std::vector{lobby});
    lobby.name = "Foyer";
    change(lobby);
    settle({named(1, 0, "Lobby"), named(2, 0, "Games")});
    EXPECT_EQ(names(), (Names{"Foyer", "Games"})) << "now it can be";
}

TEST_F(PlacesTest, ThereAreNeverMoreRoomsThanMayBe) {
    settle({});
    room::Changes many;
    for (std::uint32_t id = 1; id < room::channels_max; ++id) {
        many.emplace_back(
            room::ChannelRecord{.channel = named(id, 0, "Room " + std::to_string(id))});
    }
    ASSERT_TRUE(waiting_.apply(std::move(many)));
    settle({named(1, 0, "Last"), named(2, 0, "One too many")});
    EXPECT_EQ(settled_.size(), room::channels_max);
    EXPECT_EQ(settled_.back().name, "Last");
}

TEST_F(PlacesTest, NoRoomIsDeeperThanMayBe) {
    settle({named(1, 0, "A"), named(2, 1, "B")});
    ChannelId parent{};
    room::Changes chain;
    for (std::uint32_t id = 11; id < 10 + room::channel_depth_max; ++id) {
        chain.emplace_back(
            room::ChannelRecord{.channel = {.id = ChannelId{id}, .parent = parent, .name = "x"}});
        parent = ChannelId{id};
    }
    ASSERT_TRUE(waiting_.apply(std::move(chain)));
    auto b = find("B");
    b.parent = parent;
    change(b);
    settle({named(1, 0, "A"), named(2, 1, "B"), named(3, 2, "C")});
    EXPECT_FALSE(std::ranges::contains(settled_, "C", &Channel::name));
    EXPECT_TRUE(std::ranges::contains(settled_, "B", &Channel::name));
}

}  // namespace
}  // namespace partyline::store
