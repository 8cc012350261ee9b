#include "audio/playout_clock.hpp"

#include <gtest/gtest.h>

namespace partyline::audio {
namespace {

using std::chrono::milliseconds;

TEST(PlayoutClock, FramesAreDueEveryPeriodAndHeardOnePeriodLater) {
    ManualClock time;
    PlayoutClock clock;
    const auto start = time.now();
    EXPECT_EQ(clock.started(), TimePoint{});
    EXPECT_EQ(clock.due(start), start);
    EXPECT_EQ(clock.started(), start + milliseconds(10));
    for (int frame = 0; frame < 5; ++frame) {
        EXPECT_EQ(clock.due(time.now()), start + frame * milliseconds(10));
        time.set(start + frame * milliseconds(10));
        EXPECT_EQ(clock.hand_over(time.now()), 0U);
    }
    EXPECT_EQ(clock.underruns(), 0U);
}

TEST(PlayoutClock, WhatComesTooLateLeavesAHoleAsADeviceWould) {
    struct Case {
        milliseconds late;  // behind the moment the first frame was due
        std::uint64_t silent_periods;
    };
    for (const auto& [late, silent_periods] : {Case{milliseconds(0), 0},
                                               {milliseconds(10), 0},
                                               {milliseconds(11), 1},
                                               {milliseconds(20), 1},
                                               {milliseconds(21), 2},
                                               {milliseconds(510), 50}}) {
        ManualClock time;
        PlayoutClock clock;
        const auto start = clock.due(time.now());
        EXPECT_EQ(clock.hand_over(start + late), silent_periods) << late;
        EXPECT_EQ(clock.underruns(), silent_periods);
        const auto handed_over = static_cast<int>(silent_periods) + 1;
        EXPECT_EQ(clock.due(start + late), start + handed_over * milliseconds(10));
    }
}

TEST(PlayoutClock, WhatIsLateIsDueInThePeriodInWhichItIsHeard) {
    ManualClock time;
    PlayoutClock clock;
    const auto start = clock.due(time.now());
    clock.hand_over(start);
    for (const int late_ms : {0, 10, 11, 20, 21, 510}) {
        const auto due = clock.due(start + milliseconds(10 + late_ms));
        EXPECT_EQ(due, start + milliseconds(10 + (late_ms - 1) / 10 * 10)) << late_ms;
    }
    EXPECT_EQ(clock.underruns(), 0U) << "nothing was handed over yet";
    const auto now = start + milliseconds(310);
    const auto due = clock.due(now);
    clock.hand_over(now);
    EXPECT_EQ(clock.due(now), due + milliseconds(10)) << "and what follows comes right after it";
}

TEST(PlayoutClock, AfterARestTheSilenceIsToldButNobodyWasLate) {
    ManualClock time;
    PlayoutClock clock;
    const auto start = clock.due(time.now());
    clock.hand_over(start);
    clock.rest();
    EXPECT_EQ(clock.hand_over(start + milliseconds(1020)), 100U);
    EXPECT_EQ(clock.underruns(), 0U);
    EXPECT_EQ(clock.hand_over(start + milliseconds(1050)), 2U);
    EXPECT_EQ(clock.underruns(), 2U);
}

}  // namespace
}  // namespace partyline::audio
