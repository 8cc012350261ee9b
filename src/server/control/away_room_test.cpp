#include "server/control/away_room.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

class AwayRoomTest : public testing::Test {
protected:
    void put(std::uint32_t id, std::string name, std::uint32_t parent = 0, bool temporary = false) {
        rooms_.apply(room::Change{room::ChannelRecord{.channel = {.id = ChannelId{id},
                                                                  .parent = ChannelId{parent},
                                                                  .name = std::move(name),
                                                                  .temporary = temporary}}});
    }
    void drop(std::uint32_t id) { rooms_.apply(room::Change{room::DropChannel{ChannelId{id}}}); }
    /// What the log says when the away room looks at the tree.
    std::string look() {
        testing::internal::CaptureStderr();
        away_.look(rooms_);
        return testing::internal::GetCapturedStderr();
    }

    room::Directory rooms_;
    AwayRoom away_{"Lobby/Quiet corner"};
};

TEST_F(AwayRoomTest, ItIsTheRoomOfThatNameWhateverBecomesOfTheTree) {
    put(1, "Lobby");
    put(2, "quiet CORNER", 1);
    EXPECT_EQ(look(), "");
    EXPECT_EQ(away_.id(), ChannelId{2});
    put(2, "Loud corner", 1);
    EXPECT_TRUE(look().contains("there is no room \"Lobby/Quiet corner\" any more"));
    EXPECT_EQ(away_.id(), ChannelId{});
    EXPECT_EQ(look(), "") << "it has been told";
    put(3, "Quiet corner", 1);
    look();
    EXPECT_EQ(away_.id(), ChannelId{3});
    drop(3);
    EXPECT_TRUE(look().contains("there is no room"));
    EXPECT_EQ(away_.id(), ChannelId{});
}

TEST_F(AwayRoomTest, NobodyIsSentToATemporaryRoom) {
    put(1, "Lobby");
    put(2, "Quiet corner", 1, true);
    EXPECT_TRUE(look().contains("there is no room"));
    EXPECT_EQ(away_.id(), ChannelId{});
}

TEST_F(AwayRoomTest, WhoWantsNoneIsToldNothing) {
    away_ = AwayRoom(std::string());
    EXPECT_EQ(look(), "");
    EXPECT_EQ(away_.id(), ChannelId{});
}

}  // namespace
}  // namespace partyline::control
