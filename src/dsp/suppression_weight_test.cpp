#include "dsp/suppression_weight.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace partyline::dsp {
namespace {

float power(double db) { return static_cast<float>(std::pow(10, db / 10)); }

/// A voice of -26 dBFS, before a noise of `noise_db`, from which the network takes a little.
SuppressionWeight::Evidence voice(double noise_db) {
    return {.voice = 0.95F,
            .captured = power(-26) + power(noise_db),
            .neural = power(-26),
            .removed_high = power(-60)};
}

SuppressionWeight::Evidence pause(double noise_db) {
    return {.voice = 0.02F,
            .captured = power(noise_db),
            .neural = power(-90),
            .removed_high = power(noise_db - 30)};
}

/// A key: it is gone after the network, and was not after the classical suppressor.
SuppressionWeight::Evidence key() {
    return {
        .voice = 0.05F, .captured = power(-28), .neural = power(-70), .removed_high = power(-30)};
}

/// Sentences of 1 s after pauses of 1 s; the weight at the last moment of a sentence.
float after_talk(SuppressionWeight& weight, int sentences, double noise_db) {
    float last = 0;
    for (int sentence = 0; sentence < sentences; ++sentence) {
        for (int frame = 0; frame < 100; ++frame) {
            last = weight.next(pause(noise_db));
        }
        for (int frame = 0; frame < 100; ++frame) {
            last = weight.next(voice(noise_db));
        }
    }
    return last;
}

TEST(SuppressionWeight, LeavesACleanVoiceAlone) {
    SuppressionWeight weight;
    EXPECT_LT(after_talk(weight, 5, -75), 0.02F);
    // The pauses too: there is nothing to take away.
    for (int frame = 0; frame < 100; ++frame) {
        EXPECT_LT(weight.next(pause(-75)), 0.02F);
    }
}

TEST(SuppressionWeight, ExpectsNoiseUntilItHasHeardAPause) {
    SuppressionWeight weight;
    EXPECT_EQ(weight.next(pause(-75)), 1.0F);
}

TEST(SuppressionWeight, GrowsWithSteadyNoise) {
    float before = -1;
    for (const double noise_db : {-66.0, -56.0, -46.0, -36.0}) {
        SuppressionWeight weight;
        const float now = after_talk(weight, 5, noise_db);
        EXPECT_GT(now, before) << noise_db;
        before = now;
    }
    EXPECT_LT(before, 0.6F);
}

TEST(SuppressionWeight, ForgetsNoNoiseWhileTheMicrophoneIsOff) {
    SuppressionWeight weight;
    const float before = after_talk(weight, 5, -36);
    for (int frame = 0; frame < 300; ++frame) {
        weight.next({});
    }
    float after = 0;
    for (int frame = 0; frame < 20; ++frame) {
        after = weight.next(voice(-36));
    }
    EXPECT_NEAR(after, before, 0.05F);
}

TEST(SuppressionWeight, RisesOnTheFirstClickAtOnce) {
    SuppressionWeight weight;
    ASSERT_LT(after_talk(weight, 5, -75), 0.02F);
    EXPECT_NEAR(weight.next(key()), 0.5F, 0.05F);
    // It may have been a consonant: soon forgotten.
    for (int frame = 0; frame < 40; ++frame) {
        weight.next(voice(-75));
    }
    EXPECT_LT(weight.next(voice(-75)), 0.02F);
}

TEST(SuppressionWeight, IsFullWhileSomebodyTypes) {
    SuppressionWeight weight;
    after_talk(weight, 5, -75);
    for (int i = 0; i < 30; ++i) {
        weight.next(key());
    }
    EXPECT_GT(weight.next(key()), 0.95F);
}

TEST(SuppressionWeight, SilencesPausesOfATypistAndForgetsHim) {
    SuppressionWeight weight;
    after_talk(weight, 5, -75);
    for (int frame = 0; frame < 300; ++frame) {
        weight.next(frame % 12 < 3 ? key() : pause(-75));
    }
    EXPECT_EQ(weight.next(pause(-75)), 1.0F);
    EXPECT_GT(after_talk(weight, 1, -75), 0.5F);
    EXPECT_LT(after_talk(weight, 20, -75), 0.05F);
}

/// As after_talk(), with keys in the pauses that may be what is left of an echo.
float after_talk_over_an_echo(double echo_db) {
    SuppressionWeight weight;
    after_talk(weight, 5, -75);
    float last = 0;
    for (int frame = 0; frame < 1'000; ++frame) {
        auto evidence = frame % 200 >= 100 ? voice(-75) : frame % 50 < 3 ? key() : pause(-75);
        evidence.echo.power = power(echo_db);
        last = weight.next(evidence);
    }
    return last;
}

TEST(SuppressionWeight, WhatIsLeftOfAnEchoIsNoTypist) {
    EXPECT_LT(after_talk_over_an_echo(-25), 0.02F);
}

TEST(SuppressionWeight, KeysThatAreLouderThanAnEchoAreHeardAsKeys) {
    EXPECT_GT(after_talk_over_an_echo(-45), 0.5F);
}

TEST(SuppressionWeight, DoubtsAllWhileTheWayOfAnEchoIsLost) {
    SuppressionWeight weight;
    ASSERT_LT(after_talk(weight, 5, -75), 0.02F);
    auto echo = voice(-75);
    echo.echo.lost = true;
    EXPECT_GT(weight.next(echo), 0.8F);
    EXPECT_LT(weight.next(voice(-75)), 0.02F) << "at once as before";
}

TEST(SuppressionWeight, HoldsOnWhileAWordFadesAway) {
    SuppressionWeight weight;
    after_talk(weight, 3, -75);
    for (int frame = 0; frame < 100; ++frame) {
        weight.next(key());
    }
    for (int frame = 0; frame < 50; ++frame) {
        weight.next(voice(-75));
    }
    for (int frame = 0; frame < 10; ++frame) {
        EXPECT_LT(weight.next(pause(-75)), 1.0F);
    }
    for (int frame = 0; frame < 10; ++frame) {
        weight.next(pause(-75));
    }
    EXPECT_EQ(weight.next(pause(-75)), 1.0F);
}

TEST(SuppressionWeight, NeverLeavesItsRange) {
    for (const float extreme : {0.0F, 1e-30F, 1.0F, 64.0F}) {
        SuppressionWeight weight;
        for (int frame = 0; frame < 300; ++frame) {
            const float now = weight.next({.voice = frame % 7 == 0 ? 1.0F : 0.0F,
                                           .captured = extreme,
                                           .neural = extreme,
                                           .removed_high = frame % 3 == 0 ? extreme : 0.0F});
            ASSERT_GE(now, 0.0F);
            ASSERT_LE(now, 1.0F);
        }
    }
}

}  // namespace
}  // namespace partyline::dsp
