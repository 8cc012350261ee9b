#include "dsp/talk_gate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace partyline::dsp {
namespace {

float power_of(double dbfs) { return static_cast<float>(std::pow(10, dbfs / 10)); }

TEST(TalkGate, IsAlwaysOpenUnlessToldOtherwise) {
    TalkGate gate;
    EXPECT_TRUE(gate.next({}));
}

TEST(TalkGate, FollowsVoice) {
    TalkGate gate;
    gate.set_activation(Activation::voice);
    EXPECT_FALSE(gate.next({.power = 1}));
    EXPECT_TRUE(gate.next({.voice = true}));
    EXPECT_TRUE(gate.wants_pre_roll());
}

TEST(TalkGate, OpensAtItsThresholdAndClosesBelowItAfterAWhile) {
    TalkGate gate;
    gate.set_activation(Activation::gate);
    gate.set_threshold(-40);
    EXPECT_FALSE(gate.next({.voice = true, .power = power_of(-40.1)}));
    EXPECT_TRUE(gate.next({.power = power_of(-39.9)}));
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(gate.next({.power = power_of(-45.9)}));
    }
    for (std::size_t i = 1; i < TalkGate::hold_frames; ++i) {
        EXPECT_TRUE(gate.next({.power = power_of(-46.1)}));
    }
    EXPECT_FALSE(gate.next({.power = power_of(-46.1)}));
}

TEST(TalkGate, KeepsItsThresholdWithinBounds) {
    TalkGate gate;
    gate.set_activation(Activation::gate);
    gate.set_threshold(20);
    EXPECT_FALSE(gate.next({.power = 0.9F}));
    EXPECT_TRUE(gate.next({.power = 1.01F}));
    TalkGate odd;
    odd.set_activation(Activation::gate);
    odd.set_threshold(std::numeric_limits<float>::quiet_NaN());
    EXPECT_FALSE(odd.next({.power = power_of(TalkGate::threshold_dbfs_usual - 1)}));
    EXPECT_TRUE(odd.next({.power = power_of(TalkGate::threshold_dbfs_usual + 1)}));
}

TEST(TalkGate, AKeyCountsForWhatWasCapturedWhileItWasPressed) {
    TalkGate gate;
    gate.set_activation(Activation::push);
    EXPECT_FALSE(gate.wants_pre_roll());
    constexpr std::size_t late = 3;
    const auto next = [&] { return gate.next({.voice = true, .late_frames = late}); };
    EXPECT_FALSE(next());
    gate.press(true);
    for (std::size_t i = 0; i < late; ++i) {
        EXPECT_FALSE(next()) << "this was captured before";
    }
    EXPECT_TRUE(next());
    gate.press(false);
    for (std::size_t i = 0; i < late; ++i) {
        EXPECT_TRUE(next()) << "this was captured before";
    }
    EXPECT_FALSE(next());
}

}  // namespace
}  // namespace partyline::dsp
