#include "dsp/stage_watch.hpp"

#include <gtest/gtest.h>

namespace partyline::dsp {
namespace {

using namespace std::chrono_literals;

class Stage {
public:
    /// One frame; false if it was passed by.
    bool run(Duration takes) {
        const bool may = watch.may_run(clock.now());
        if (may) {
            const auto from = clock.now();
            clock.advance(takes);
            watch.ran(from, clock.now());
        }
        return may;
    }
    ManualClock clock;
    StageWatch watch;
};

TEST(StageWatch, LetsAStageTakeWhatItMay) {
    Stage stage;
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(stage.run(StageWatch::allowed_each_frame));
    }
    EXPECT_EQ(stage.watch.times_passed_by(), 0U);
}

TEST(StageWatch, ForgivesAStumble) {
    Stage stage;
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(stage.run(30ms));
        for (int calm = 0; calm < 10; ++calm) {
            EXPECT_TRUE(stage.run(1ms));
        }
    }
    EXPECT_EQ(stage.watch.times_passed_by(), 0U);
}

TEST(StageWatch, PassesAStageByThatIsTooSlowAndTriesItAgain) {
    Stage stage;
    int frames = 0;
    while (stage.run(8ms)) {
        ++frames;
    }
    EXPECT_EQ(frames, 11) << "40 ms behind, 4 with each frame, and one more";
    EXPECT_EQ(stage.watch.times_passed_by(), 1U);
    stage.clock.advance(StageWatch::rest - 1ms);
    EXPECT_FALSE(stage.run(8ms));
    stage.clock.advance(1ms);
    EXPECT_TRUE(stage.run(8ms));
    while (stage.run(8ms)) {
    }
    EXPECT_EQ(stage.watch.times_passed_by(), 2U);
}

}  // namespace
}  // namespace partyline::dsp
