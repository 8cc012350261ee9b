#include "dsp/ducker.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace partyline::dsp {
namespace {

float to_db(float gain) { return 20 * std::log10(gain); }

TEST(Ducker, LeavesEverybodyAloneWhileNobodyHasPriority) {
    Ducker ducker;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(ducker.next(false), 1.0F);
    }
}

TEST(Ducker, IsDownWithinTheAttackAndNeverFasterThanItSays) {
    Ducker ducker;
    float before = 0;
    int frames = 0;
    while (before > -Ducker::depth_db + 0.01F) {
        const float now = to_db(ducker.next(true));
        EXPECT_LT(now, before);
        EXPECT_GE(now - before, -(Ducker::attack_db_per_ms * frame_ms) - 0.001F);
        before = now;
        ASSERT_LE(++frames, 100);
    }
    EXPECT_LE(frames * static_cast<int>(frame_ms), 50);
    EXPECT_NEAR(to_db(ducker.next(true)), -Ducker::depth_db, 0.01F) << "no lower than that";
}

TEST(Ducker, WaitsOutAPauseBetweenWordsAndThenComesBackSlowly) {
    Ducker ducker;
    for (int i = 0; i < 20; ++i) {
        ducker.next(true);
    }
    constexpr int hold_frames = Ducker::hold_ms / frame_ms;
    for (int i = 0; i < hold_frames; ++i) {
        ASSERT_NEAR(to_db(ducker.next(false)), -Ducker::depth_db, 0.01F) << i;
    }
    float before = -Ducker::depth_db;
    int frames = 0;
    while (before < 0) {
        const float now = to_db(ducker.next(false));
        EXPECT_GT(now, before);
        EXPECT_LE(now - before, Ducker::release_db_per_ms * frame_ms + 0.001F);
        before = now;
        ASSERT_LE(++frames, 1000);
    }
    EXPECT_EQ(ducker.next(false), 1.0F);
    EXPECT_GE(frames, 70);
}

}  // namespace
}  // namespace partyline::dsp
