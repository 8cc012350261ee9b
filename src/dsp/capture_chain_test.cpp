#include "dsp/capture_chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "dsp/no_denormals.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

using namespace std::chrono_literals;

constexpr ChainSettings everything{
    .high_pass = true, .noise = Suppression::normal, .gain = true, .activation = Activation::voice};

class Rig {
public:
    explicit Rig(const ChainSettings& settings) : chain(clock, settings) {}

    std::vector<float> run(std::vector<float> samples) {
        sent.clear();
        for (std::size_t at = 0; at + frame_samples <= samples.size(); at += frame_samples) {
            sent.push_back(chain.process(Frame(&samples[at], frame_samples)));
        }
        return samples;
    }
    /// The same while a loudspeaker plays.
    std::vector<float> run(std::vector<float> samples, const std::vector<float>& played) {
        for (std::size_t at = 0; at + frame_samples <= samples.size(); at += frame_samples) {
            chain.render(ConstFrame(&played[at], frame_samples));
            chain.process(Frame(&samples[at], frame_samples));
        }
        return samples;
    }
    [[nodiscard]] double share_sent() const {
        return static_cast<double>(std::ranges::count(sent, true)) /
               static_cast<double>(sent.size());
    }

    ManualClock clock;
    CaptureChain chain;
    std::vector<bool> sent;
};

TEST(CaptureChain, ChangesNothingUnlessToldTo) {
    Rig rig({});
    const auto voice = test::synthetic_voice(2);
    EXPECT_EQ(rig.run(voice), voice);
    EXPECT_EQ(rig.share_sent(), 1);
    EXPECT_EQ(rig.chain.report().latency_samples, 0U);
}

TEST(CaptureChain, SendsSpeechAndNotANoisyPause) {
    Rig rig(everything);
    rig.run(test::white_noise(3, 0.005F));
    EXPECT_LT(rig.share_sent(), 0.05);
    auto voice = test::synthetic_voice(5);
    const auto noise = test::white_noise(5, 0.005F);
    std::ranges::transform(voice, noise, voice.begin(), std::plus<>());
    rig.run(voice);
    EXPECT_GT(rig.share_sent(), 0.5) << "it is no real voice";
    EXPECT_EQ(rig.chain.report().latency_samples, latency_samples(Suppression::normal));
}

TEST(CaptureChain, AKeyDecidesWhatGoesOut) {
    Rig rig({.activation = Activation::push});
    rig.run(test::synthetic_voice(1));
    EXPECT_EQ(rig.share_sent(), 0);
    rig.chain.press(true);
    rig.run(test::synthetic_voice(1));
    EXPECT_EQ(rig.share_sent(), 1);
    EXPECT_FALSE(rig.chain.wants_pre_roll());
}

TEST(CaptureChain, AGateOpensForWhatIsLoudEnough) {
    Rig rig({.activation = Activation::gate, .gate_dbfs = -30});
    rig.run(test::white_noise(1, 0.01F));
    EXPECT_EQ(rig.share_sent(), 0);
    rig.run(test::white_noise(1, 0.2F));
    EXPECT_EQ(rig.share_sent(), 1);
}

TEST(CaptureChain, StagesAreSwitchedWithoutAClick) {
    std::vector<float> tone(8 * sample_rate_hz);
    for (std::size_t i = 0; i < tone.size(); ++i) {
        tone[i] = static_cast<float>(0.1 * std::sin(0.0415 * static_cast<double>(i)));
    }
    const float as_it_is = test::steepest(tone);
    Rig rig({});
    for (std::size_t at = 0, frame = 0; at < tone.size(); at += frame_samples, ++frame) {
        rig.chain.set({.high_pass = frame / 7 % 2 == 0,
                       .noise = static_cast<Suppression>(frame / 40 % 4),
                       .noise_strength = frame / 11 % 2 == 0 ? 1.0F : 0.3F,
                       .gain = frame / 13 % 2 == 0});
        rig.chain.process(Frame(&tone[at], frame_samples));
    }
    EXPECT_LT(test::steepest(tone), 2.5F * as_it_is);
}

/// Time that goes on by itself whenever somebody looks.
class SlowClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return now_ += step; }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }
    Duration step{};

private:
    mutable TimePoint now_{1h};
};

/// A chain whose stages take as long as the clock's step.
class SlowRig {
public:
    explicit SlowRig(const ChainSettings& settings) : chain(clock, settings) {}

    void run(unsigned frames) {
        for (unsigned i = 0; i < frames; ++i) {
            run_one();
        }
    }
    /// How many frames until a stage goes down, or comes up, to that.
    unsigned frames_until(std::optional<Suppression> lowered_to) {
        unsigned frames = 0;
        while (chain.report().noise_lowered_to != lowered_to) {
            run_one();
            ++frames;
        }
        return frames;
    }

    SlowClock clock;
    CaptureChain chain;

private:
    void run_one() {
        std::array<float, frame_samples> samples{};
        samples.fill(1e-4F);  // a microphone that is off would cost next to nothing
        chain.process(samples);
    }
};

TEST(CaptureChain, NoiseSuppressionThatDoesNotKeepUpDoesLessStepByStepAndComesBack) {
    SlowRig rig({.noise = Suppression::high});
    rig.clock.step = 1ms;
    rig.run(100);
    EXPECT_FALSE(rig.chain.report().noise_lowered_to);
    rig.clock.step = 20ms;
    unsigned times = 0;
    for (const auto mode : {Suppression::normal, Suppression::light, Suppression::off}) {
        EXPECT_LE(rig.frames_until(mode), 4U);
        EXPECT_EQ(rig.chain.report().times_lowered, ++times);
        rig.run(2);  // it is faded to
        EXPECT_EQ(rig.chain.report().latency_samples, latency_samples(mode))
            << "none is waited for";
    }
    rig.clock.step = 1ms;
    constexpr auto rest_frames = static_cast<unsigned>(StageWatch::rest_min / 2ms);
    for (const auto mode : {Suppression::light, Suppression::normal}) {
        EXPECT_GT(rig.frames_until(mode), rest_frames / 4);
    }
    EXPECT_GT(rig.frames_until(std::nullopt), rest_frames / 4);
    rig.run(30);
    EXPECT_EQ(rig.chain.report().latency_samples, latency_samples(Suppression::high));
    EXPECT_EQ(rig.chain.report().times_lowered, times);
}

TEST(CaptureChain, EchoCancellingThatDoesNotKeepUpIsPassedByAndComesBack) {
    SlowRig rig({.echo = true});
    rig.clock.step = 20ms;
    rig.run(4);
    EXPECT_TRUE(rig.chain.report().echo_passed_by);
    EXPECT_EQ(rig.chain.report().times_lowered, 1U);
    EXPECT_EQ(rig.chain.report().latency_samples, 0U);
    rig.clock.step = 1ms;
    rig.run(static_cast<unsigned>(StageWatch::rest_min / 1ms));
    EXPECT_FALSE(rig.chain.report().echo_passed_by);
    EXPECT_EQ(rig.chain.report().latency_samples, EchoCanceller::latency_samples);
}

TEST(CaptureChain, TakesTheLoudspeakersEchoOut) {
    Rig rig({.echo = true});
    const auto played = test::synthetic_voice(8);
    constexpr std::size_t late = 60 * sample_rate_hz / 1000;
    std::vector<float> heard(played.size());
    for (std::size_t i = late; i < played.size(); ++i) {
        heard[i] = 0.5F * played[i - late];
    }
    const auto out = rig.run(heard, played);
    EXPECT_LT(test::level_db(std::span(out).last(2 * sample_rate_hz)),
              test::level_db(std::span(heard).last(2 * sample_rate_hz)) - 20);
    EXPECT_EQ(rig.chain.report().latency_samples, EchoCanceller::latency_samples);
}

TEST(CaptureChain, WhatWasLearntOfAnEchoIsForgottenWithTheDevices) {
    const auto played = test::synthetic_voice(8);
    constexpr std::size_t late = 60 * sample_rate_hz / 1000;
    for (const bool microphone : {true, false}) {
        Rig rig({.echo = true});
        std::array<float, frame_samples> heard{};
        for (std::size_t at = 0; at < played.size(); at += frame_samples) {
            for (std::size_t i = 0; i < frame_samples; ++i) {
                heard[i] = at + i < late ? 0.0F : 0.5F * played[at + i - late];
            }
            rig.chain.render(ConstFrame(&played[at], frame_samples));
            rig.chain.process(heard);
        }
        EXPECT_TRUE(rig.chain.echo_report().linear);
        if (microphone) {
            rig.chain.microphone_changed();
        } else {
            rig.chain.loudspeaker_changed();
        }
        EXPECT_FALSE(rig.chain.echo_report().linear) << "of the microphone: " << microphone;
    }
}

TEST(CaptureChain, WhileEchoCancellingIsPassedByAVoiceGoesOutAsItIsAndLaterTheEchoGoesAgain) {
    SlowRig rig({.echo = true});
    rig.clock.step = 20ms;
    rig.run(5);  // it is faded to within the last of them
    ASSERT_TRUE(rig.chain.report().echo_passed_by);
    rig.clock.step = 3ms;  // a frame takes 6 ms, or 9
    const auto voice = test::synthetic_voice(8);
    auto out = voice;
    for (std::size_t at = 0; at < 2 * sample_rate_hz; at += frame_samples) {
        rig.chain.render(ConstFrame(&voice[at], frame_samples));
        rig.chain.process(Frame(&out[at], frame_samples));
    }
    EXPECT_EQ(out, voice) << "never late, and nothing is done to it";
    ASSERT_TRUE(rig.chain.report().echo_passed_by);
    rig.run(static_cast<unsigned>(StageWatch::rest_min / 6ms));
    ASSERT_FALSE(rig.chain.report().echo_passed_by);
    constexpr std::size_t late = 60 * sample_rate_hz / 1000;
    std::vector<float> echo(voice.size());
    for (std::size_t i = late; i < echo.size(); ++i) {
        echo[i] = 0.5F * voice[i - late];
    }
    out = echo;
    for (std::size_t at = 0; at < out.size(); at += frame_samples) {
        rig.chain.render(ConstFrame(&voice[at], frame_samples));
        rig.chain.process(Frame(&out[at], frame_samples));
    }
    EXPECT_LT(test::level_db(std::span(out).last(2 * sample_rate_hz)),
              test::level_db(std::span(echo).last(2 * sample_rate_hz)) - 20);
    EXPECT_EQ(rig.chain.report().times_lowered, 1U);
}

TEST(CaptureChain, AMicrophoneThatWasOffFindsItsFanAsItWas) {
    constexpr ChainSettings voice{
        .high_pass = true, .noise = Suppression::light, .activation = Activation::voice};
    const auto fan = test::white_noise(4, 0.01F);
    const auto fan_later = test::white_noise(2, 0.01F, 2);
    Rig always_on(voice);
    always_on.run(fan);
    const auto as_it_was = always_on.run(fan_later);
    Rig rig(voice);
    rig.run(fan);
    const auto nothing = rig.run(std::vector<float>(3 * sample_rate_hz));
    EXPECT_LT(test::level_db(std::span(nothing).last(2 * sample_rate_hz)), -190);
    const auto after = rig.run(fan_later);
    // A second, once all stages are filled again.
    const auto level_db = [](const std::vector<float>& sound) {
        return test::level_db(std::span(sound).subspan(sample_rate_hz / 5, sample_rate_hz));
    };
    EXPECT_LT(level_db(after), level_db(as_it_was) + 6) << "of the 30 that are taken away";
    EXPECT_LT(rig.share_sent(), always_on.share_sent() + 0.15) << "nor is it taken for a voice";
}

TEST(CaptureChain, NoiseSuppressionThatIsChangedWhileTheMicrophoneIsOffHasNotGoneDown) {
    Rig rig({.noise = Suppression::light});
    const std::vector<float> nothing(sample_rate_hz / 2);
    rig.run(nothing);
    rig.chain.set({.noise = Suppression::high});
    rig.run(nothing);
    EXPECT_FALSE(rig.chain.report().noise_lowered_to);
}

TEST(CaptureChain, NothingOfAnEchoIsHeardWhileTheMicrophoneIsOff) {
    Rig rig({.echo = true});
    const auto played = test::synthetic_voice(6);
    constexpr std::size_t late = 60 * sample_rate_hz / 1000;
    constexpr std::size_t off_from = 4 * sample_rate_hz;
    std::vector<float> heard(played.size());
    for (std::size_t i = late; i < off_from; ++i) {
        heard[i] = 0.5F * played[i - late];
    }
    const auto out = rig.run(heard, played);
    EXPECT_GT(test::level_db(std::span(out).first(off_from)), -190);
    EXPECT_LT(test::level_db(std::span(out).last(sample_rate_hz)), -190);
}

TEST(CaptureChain, AMicrophoneThatWasOffKnowsTheWayOfAnEchoAsBefore) {
    constexpr std::size_t late = 60 * sample_rate_hz / 1000;
    constexpr std::size_t off_from = 6 * sample_rate_hz;
    constexpr std::size_t on_from = 8 * sample_rate_hz;
    Rig rig({.echo = true});
    auto played = test::synthetic_voice(10);
    // It is switched off in a pause, so that nothing tells at once that the filter is wrong.
    std::ranges::fill(std::span(played).subspan(off_from - sample_rate_hz / 2, sample_rate_hz),
                      0.0F);
    std::vector<float> heard(played.size());
    for (std::size_t i = late; i < heard.size(); ++i) {
        heard[i] = i >= off_from && i < on_from ? 0.0F : 0.5F * played[i - late];
    }
    const auto out = rig.run(heard, played);
    const auto level_db = [](const std::vector<float>& sound) {
        return test::level_db(
            std::span(sound).subspan(on_from + 3 * sample_rate_hz / 10, sample_rate_hz));
    };
    EXPECT_LT(level_db(out), level_db(heard) - 15);
    EXPECT_TRUE(rig.chain.echo_report().linear);
}

TEST(CaptureChain, EchoCancellingIsSwitchedWithoutAClick) {
    const auto voice = test::synthetic_voice(4);
    auto out = voice;
    Rig rig({});
    for (std::size_t at = 0, frame = 0; at < out.size(); at += frame_samples, ++frame) {
        rig.chain.set({.echo = frame / 50 % 2 == 1});
        rig.chain.process(Frame(&out[at], frame_samples));
    }
    EXPECT_LT(test::steepest(out), 1.5F * test::steepest(voice));
}

TEST(CaptureChain, EchoCancellingThatIsSwitchedOnAgainGivesNothingFromBefore) {
    Rig rig({.echo = true});
    const auto run = [&](std::vector<float> samples) {
        const std::array<float, frame_samples> nothing_played{};
        for (std::size_t at = 0; at < samples.size(); at += frame_samples) {
            rig.chain.render(nothing_played);
            rig.chain.process(Frame(&samples[at], frame_samples));
        }
        return samples;
    };
    const auto noise = test::white_noise(1, 0.3F);
    run(noise);
    rig.chain.set({});
    run(noise);  // it is taken in until nothing of it is heard
    rig.chain.set({.echo = true});
    const auto heard = run(std::vector<float>(sample_rate_hz / 10));
    const auto loudness = [](float sample) { return std::abs(sample); };
    EXPECT_LT(loudness(std::ranges::max(heard, {}, loudness)), 0.02F);
    EXPECT_EQ(rig.chain.report().latency_samples, EchoCanceller::latency_samples);
}

TEST(CaptureChain, OutlivesWhatIsNoSound) {
    Rig rig(everything);
    std::vector<float> odd(20 * frame_samples, std::numeric_limits<float>::max());
    odd[5] = std::numeric_limits<float>::quiet_NaN();
    odd[999] = -std::numeric_limits<float>::infinity();
    const auto finite = [](float sample) { return std::isfinite(sample); };
    EXPECT_TRUE(std::ranges::all_of(rig.run(odd), finite));
    const auto out = rig.run(test::synthetic_voice(10));
    EXPECT_TRUE(std::ranges::all_of(out, finite));
    EXPECT_GE(rig.chain.report().gain_db, 0) << "no gain is learnt from it";
}

TEST(CaptureChain, TakesWhatIsTooSmallToBeASoundForSilence) {
    if (!NoDenormals::works) {
        GTEST_SKIP() << "not on this processor";
    }
    Rig rig({.high_pass = true});
    const float small = 1'000 * std::numeric_limits<float>::denorm_min();
    const auto heard = rig.run(std::vector<float>(frame_samples, small));
    EXPECT_TRUE(std::ranges::none_of(heard, [](float sample) { return std::abs(sample) > 0; }));
}

TEST(CaptureChain, AllocatesNothing) {
    Rig rig(everything);
    std::vector<float> samples(frame_samples, 0.1F);
    const auto before = test::allocations();
    for (std::size_t frame = 0; frame < 200; ++frame) {
        rig.chain.set(frame % 30 < 15 ? everything : ChainSettings{});
        rig.chain.process(Frame(samples.data(), frame_samples));
    }
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
