#include "client/music_rate.hpp"

#include <gtest/gtest.h>

namespace partyline::client {
namespace {

TEST(MusicRateOf, IsWhatTheRoomLeavesAndNeverMoreThanMusicNeeds) {
    for (const unsigned cap : {0U, music_bps, music_bps + 1}) {
        EXPECT_EQ(music_rate_of(cap).bitrate_bps, music_bps) << cap;
        EXPECT_FALSE(music_rate_of(cap).capped) << cap;
    }
    EXPECT_EQ(music_rate_of(music_bps - 1).bitrate_bps, music_bps - 1);
    EXPECT_TRUE(music_rate_of(music_bps - 1).capped);
}

TEST(MusicRateOf, BelowTheLeastThereIsNoMusic) {
    EXPECT_TRUE(is_enough_for_music(music_rate_of(0)));
    EXPECT_TRUE(is_enough_for_music(music_rate_of(music_bps_min)));
    EXPECT_FALSE(is_enough_for_music(music_rate_of(music_bps_min - 1)));
}

}  // namespace
}  // namespace partyline::client
