#include "dsp/voice_activity.hpp"

#include <gtest/gtest.h>

namespace partyline::dsp {
namespace {

constexpr float quiet = 1e-7F;
constexpr float loud = 1e-3F;

class Listener {
public:
    bool hear(float voice, float power, int frames = 1) {
        bool active = false;
        for (int i = 0; i < frames; ++i) {
            active = activity.next({.network = network, .voice = voice, .power = power});
        }
        return active;
    }
    VoiceActivity activity;
    bool network = true;
};

TEST(VoiceActivity, HearsSpeechAndGoesOnForItsHangOver) {
    Listener listener;
    EXPECT_FALSE(listener.hear(0.1F, quiet, 100));
    EXPECT_FALSE(listener.hear(0.9F, loud)) << "one frame may be a click";
    EXPECT_TRUE(listener.hear(0.9F, loud));
    EXPECT_TRUE(listener.activity.speech());
    EXPECT_TRUE(listener.hear(0.1F, quiet, VoiceActivity::hang_over_frames));
    EXPECT_FALSE(listener.activity.speech()) << "no level is learnt from what follows";
    EXPECT_FALSE(listener.hear(0.1F, quiet));
}

TEST(VoiceActivity, WhatGoesOnNeedBeLessCertain) {
    Listener listener;
    listener.hear(0, quiet, 100);
    EXPECT_FALSE(listener.hear(0.5F, loud, 10));
    EXPECT_TRUE(listener.hear(0.9F, loud, 2));
    EXPECT_TRUE(listener.hear(0.5F, loud, 100));
}

TEST(VoiceActivity, SteadyNoiseIsNoSpeechHoweverSureTheNetworkIs) {
    Listener listener;
    listener.hear(0.9F, loud, 100);
    EXPECT_FALSE(listener.hear(0.9F, loud, 300));
}

constexpr float silent = 1e-9F;
constexpr float faint = 1e-7F;  // 40 dB below `loud`

TEST(VoiceActivity, AVoiceFarBelowTheTalkersIsNone) {
    Listener listener;
    listener.hear(0, silent, 100);
    listener.hear(0.9F, loud, 100);
    listener.hear(0, silent, 10'000);
    EXPECT_FALSE(listener.hear(0.9F, faint, 100)) << "nor is it after a long silence";
}

TEST(VoiceActivity, ATalkerWhoBecomesFaintIsHeardAgainSoon) {
    Listener listener;
    listener.hear(0, silent, 100);
    listener.hear(0.9F, loud, 100);
    listener.hear(0, silent, 100);
    int words = 0;
    while (words < 100 && !listener.hear(0.9F, faint, 40)) {
        listener.hear(0, silent, 30);
        ++words;
    }
    EXPECT_GT(words, 2);
    EXPECT_LT(words, 25) << "10 s of speech";
    listener.hear(0, silent, 30);
    EXPECT_TRUE(listener.hear(0.9F, faint, 10)) << "and goes on to be";
}

TEST(VoiceActivity, AtAnotherMicrophoneWhoeverIsFaintIsHeardAtOnce) {
    Listener listener;
    listener.hear(0, silent, 100);
    listener.hear(0.9F, loud, 100);
    listener.hear(0, silent, 100);
    listener.activity.forget_level();
    EXPECT_TRUE(listener.hear(0.9F, faint, 2));
}

TEST(VoiceActivity, AFanIsNoSpeechWhenTheMicrophoneOpens) {
    Listener listener;
    // A chain gives silence first, as it is late, and then fades in.
    EXPECT_FALSE(listener.hear(0, 0, 3));
    EXPECT_FALSE(listener.hear(0.9F, 1e-4F * loud));
    EXPECT_FALSE(listener.hear(0.9F, 1e-2F * loud));
    EXPECT_FALSE(listener.hear(0.9F, loud, 300));
    EXPECT_TRUE(listener.hear(0.9F, 10 * loud, 2)) << "a voice over it is heard";
}

TEST(VoiceActivity, AMicrophoneThatIsOffTellsNothingOfTheNoise) {
    Listener listener;
    listener.hear(0.9F, loud, 400);
    for (int frame = 0; frame < 400; ++frame) {
        EXPECT_FALSE(listener.activity.pause());
    }
    for (int frame = 0; frame < 100; ++frame) {
        EXPECT_FALSE(listener.hear(0.9F, loud));
    }
    EXPECT_TRUE(listener.hear(0.9F, 10 * loud, 2));
}

TEST(VoiceActivity, ASpurtEndsWhenTheMicrophoneIsOff) {
    Listener listener;
    listener.hear(0.1F, quiet, 100);
    EXPECT_TRUE(listener.hear(0.9F, loud, 2));
    for (std::size_t frame = 0; frame < VoiceActivity::hang_over_frames; ++frame) {
        EXPECT_TRUE(listener.activity.pause());
    }
    EXPECT_FALSE(listener.activity.pause());
}

TEST(VoiceActivity, LoudKeysAreNoSpeech) {
    Listener listener;
    listener.hear(0, quiet, 100);
    for (int i = 0; i < 50; ++i) {
        EXPECT_FALSE(listener.hear(0.2F, loud, 3));
        EXPECT_FALSE(listener.hear(0, quiet, 10));
    }
}

TEST(VoiceActivity, WithoutANetworkLoudnessDecides) {
    Listener listener;
    listener.network = false;
    EXPECT_FALSE(listener.hear(0, quiet, 100));
    EXPECT_FALSE(listener.hear(0, 3 * quiet, 10));
    EXPECT_TRUE(listener.hear(0, loud, 2));
    EXPECT_FALSE(listener.hear(0, quiet, VoiceActivity::hang_over_frames + 1));
}

TEST(VoiceActivity, KnowsTheNoiseBetweenWords) {
    Listener listener;
    for (int word = 0; word < 20; ++word) {
        listener.hear(0.9F, loud, 40);
        listener.hear(0, 2e-6F, 30);
    }
    EXPECT_NEAR(listener.activity.floor(), 2e-6F, 2e-7F);
    listener.hear(0, 0, 200);
    EXPECT_GT(listener.activity.floor(), 0.0F) << "digital silence is nothing to compare with";
}

}  // namespace
}  // namespace partyline::dsp
