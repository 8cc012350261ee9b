#include "dsp/stage_watch.hpp"

#include <gtest/gtest.h>

namespace partyline::dsp {
namespace {

using namespace std::chrono_literals;

double in_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

/// Of three levels; `takes` says how long a frame takes at each.
class Stage {
public:
    /// One frame; the level it ran at.
    unsigned run(Duration each_level) {
        const auto level = watch.level(3, clock.now());
        if (level > 0) {
            const auto from = clock.now();
            clock.advance(level * each_level);
            watch.ran(level, from, clock.now());
        }
        clock.advance(frame);
        return level;
    }
    /// Frames of that, until a level is not kept any more or for `length`.
    unsigned run_for(Duration length, Duration each_level) {
        unsigned last = 0;
        for (const auto until = clock.now() + length; clock.now() < until;) {
            last = run(each_level);
        }
        return last;
    }
    /// From now on until it works at `level`.
    Duration time_until(unsigned level, Duration each_level) {
        const auto from = clock.now();
        while (run(each_level) != level) {
        }
        return clock.now() - from;
    }

    static constexpr auto frame = 10ms;
    ManualClock clock;
    StageWatch watch;
};

TEST(StageWatch, LetsAStageTakeWhatItMay) {
    Stage stage;
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_EQ(stage.run(StageWatch::allowed_each_frame / 3), 3U);
    }
    EXPECT_EQ(stage.watch.times_lowered(), 0U);
}

TEST(StageWatch, ForgivesAStumble) {
    Stage stage;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(stage.run(10ms), 3U);
        for (int calm = 0; calm < 30; ++calm) {
            EXPECT_EQ(stage.run(1ms), 3U);
        }
    }
    EXPECT_EQ(stage.watch.times_lowered(), 0U);
}

TEST(StageWatch, GoesDownNoFurtherThanItMust) {
    Stage stage;
    int frames = 0;
    while (stage.run(4ms) == 3) {  // 12 ms, then 8, then 4
        ++frames;
    }
    EXPECT_EQ(frames, 6) << "40 ms behind, 8 with each frame, and one more";
    EXPECT_EQ(stage.watch.times_lowered(), 1U);
    EXPECT_EQ(stage.run_for(5s, 4ms), 1U);
    EXPECT_EQ(stage.watch.times_lowered(), 2U);
}

TEST(StageWatch, PassesAStageByThatIsTooSlowAtAnyLevelAndBringsItBackStepByStep) {
    Stage stage;
    EXPECT_EQ(stage.run_for(5s, 20ms), 0U);
    EXPECT_EQ(stage.watch.times_lowered(), 3U);
    for (unsigned level = 1; level <= 3; ++level) {
        EXPECT_NEAR(in_ms(stage.time_until(level, 1ms)), in_ms(StageWatch::rest_min),
                    level == 1 ? 5'000 : 100)
            << level;
    }
    EXPECT_EQ(stage.run_for(60s, 1ms), 3U);
    EXPECT_EQ(stage.watch.times_lowered(), 3U);
}

TEST(StageWatch, RestsLongerEachTimeThatALevelFailsAgain) {
    Stage stage;
    stage.run_for(1s, 2ms);  // 6 ms at the third level: too much; 4 at the second is not
    Duration rest = StageWatch::rest_min;
    for (int i = 0; i < 6; ++i) {
        EXPECT_NEAR(in_ms(stage.time_until(3, 2ms)), in_ms(rest), 1'000) << i;
        EXPECT_LT(stage.time_until(2, 2ms), 1s) << i;
        rest = std::min<Duration>(2 * rest, StageWatch::rest_max);
    }
    // Once it has done well, a failure is a first one.
    stage.time_until(3, 1ms);
    EXPECT_EQ(stage.run_for(StageWatch::trial + 1s, 1ms), 3U);
    stage.time_until(2, 2ms);
    EXPECT_NEAR(in_ms(stage.time_until(3, 1ms)), in_ms(StageWatch::rest_min), 1'000);
}

TEST(StageWatch, DoesNotForgetWhatItKeepsUpWithWhileLessIsWanted) {
    ManualClock clock;
    StageWatch watch;
    while (watch.level(3, clock.now()) == 3) {
        const auto from = clock.now();
        clock.advance(20ms);
        watch.ran(3, from, clock.now());
    }
    EXPECT_EQ(watch.level(1, clock.now()), 1U);
    EXPECT_EQ(watch.level(2, clock.now()), 2U);
    EXPECT_EQ(watch.level(3, clock.now()), 2U);
    clock.advance(StageWatch::rest_min);
    EXPECT_EQ(watch.level(1, clock.now()), 1U);
    EXPECT_EQ(watch.level(3, clock.now()), 3U);
}

}  // namespace
}  // namespace partyline::dsp
