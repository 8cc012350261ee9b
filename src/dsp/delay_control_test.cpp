#include "dsp/delay_control.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "dsp/limits.hpp"

namespace partyline::dsp {
namespace {

using Kind = Correction::Kind;

constexpr Samples ms(double value) { return static_cast<Samples>(value * 48); }

struct Case {
    const char* name;
    DelayState state;
    Kind kind;
};

void check(const Case& test) {
    SCOPED_TRACE(test.name);
    DelayControl control;
    Correction correction;
    for (int tick = 0; tick < 5; ++tick) {
        correction = control.next(test.state);
    }
    EXPECT_EQ(correction.kind, test.kind);
    if (correction.kind != Kind::none) {
        EXPECT_GE(correction.samples_most, splice_samples_min) << "or it could never be done";
    }
}

TEST(DelayControl, LeavesABandAroundTheTargetAlone) {
    const Case cases[] = {
        {"at target", {ms(10), ms(10), ms(10)}, Kind::none},
        {"earliest start", {ms(6.5), ms(6.5), ms(10)}, Kind::none},
        {"latest start", {ms(16.5), ms(16.5), ms(10)}, Kind::none},
        {"low end", {ms(2), ms(2), ms(10)}, Kind::none},
        {"below it", {ms(1.9), ms(1.9), ms(10)}, Kind::lengthen},
        {"below it, with a part of a frame decoded", {ms(10), ms(1), ms(10)}, Kind::lengthen},
        {"high end", {ms(19), ms(19), ms(10)}, Kind::none},
        {"above it", {ms(19.1), ms(19.1), ms(10)}, Kind::shorten},
        {"above it, most of it decoded", {ms(19.1), ms(10.1), ms(10)}, Kind::shorten},
        {"far above", {ms(300), ms(300), ms(10)}, Kind::shorten},
        {"target has grown", {ms(12), ms(12), ms(60)}, Kind::lengthen},
    };
    for (const auto& test : cases) {
        check(test);
    }
}

TEST(DelayControl, CorrectsUntilWellInside) {
    DelayControl control;
    control.next({ms(25), ms(25), ms(10)});
    EXPECT_EQ(control.next({ms(15), ms(15), ms(10)}).kind, Kind::none) << "a pause";
    EXPECT_EQ(control.next({ms(15), ms(15), ms(10)}).kind, Kind::shorten);
    EXPECT_EQ(control.next({ms(12), ms(12), ms(10)}).kind, Kind::none);
    EXPECT_EQ(control.next({ms(15), ms(15), ms(10)}).kind, Kind::none);

    control.next({ms(1), ms(1), ms(10)});
    EXPECT_EQ(control.next({ms(3), ms(3), ms(10)}).kind, Kind::lengthen);
    EXPECT_EQ(control.next({ms(4), ms(4), ms(10)}).kind, Kind::none);
    EXPECT_EQ(control.next({ms(3), ms(3), ms(10)}).kind, Kind::none);
}

TEST(DelayControl, BecomesLessParticularWithDistanceAndTime) {
    const auto likeness = [](double delay_ms, int ticks) {
        DelayControl control;
        Correction correction;
        for (int tick = 0; tick < ticks; ++tick) {
            correction = control.next({ms(delay_ms), ms(delay_ms), ms(10)});
        }
        return correction.likeness_least;
    };
    EXPECT_GT(likeness(20, 3), 0.75F);
    EXPECT_LT(likeness(60, 3), 0.5F);
    EXPECT_LT(likeness(120, 3), 0.0F);
    EXPECT_LT(likeness(20, 200), 0.5F);
}

TEST(PullClock, SeesThroughWakeUpJitter) {
    Random random(4);
    PullClock clock;
    for (Samples tick = 0; tick < 1000; ++tick) {
        const auto due = 1'000'000 + tick * 480;
        const auto late = static_cast<Samples>(random.below(200));
        const auto seen = clock.tick(due + late);
        ASSERT_LE(seen, due + late);
        if (tick > 100) {
            ASSERT_GE(seen, due);
            ASSERT_LT(seen, due + 100);
        }
    }
}

TEST(PullClock, FollowsADriftingDeviceAndStartsAnewAfterAPause) {
    PullClock clock;
    Samples now = 0;
    for (int tick = 0; tick < 10'000; ++tick) {
        now += tick % 10 == 0 ? 481 : 480;
        ASSERT_NEAR(static_cast<double>(clock.tick(now)), static_cast<double>(now), 3);
    }
    now += 500 * sample_rate_hz;
    EXPECT_EQ(clock.tick(now), now);
    for (int burst = 0; burst < 5; ++burst) {
        EXPECT_EQ(clock.tick(now), now) << "several at once";
    }
}

}  // namespace
}  // namespace partyline::dsp
