#include "dsp/noise_suppressor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <span>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

constexpr std::array modes{Suppression::off, Suppression::light, Suppression::normal,
                           Suppression::high};

std::vector<float> run(NoiseSuppressor& suppressor, std::vector<float> samples) {
    for (std::size_t at = 0; at + frame_samples <= samples.size(); at += frame_samples) {
        suppressor.process(Frame(samples.data() + at, frame_samples));
    }
    return samples;
}

TEST(NoiseSuppressor, IsAsLateInEachModeAsItSays) {
    const auto voice = test::synthetic_voice(4);
    for (const auto mode : modes) {
        NoiseSuppressor suppressor(mode);
        EXPECT_NEAR(test::lag_of(run(suppressor, voice), voice),
                    static_cast<int>(suppressor.latency_samples()), 2);
    }
    EXPECT_EQ(latency_samples(Suppression::off), 0U);
    EXPECT_EQ(latency_samples(Suppression::light), 480U);
    EXPECT_EQ(latency_samples(Suppression::normal), 960U);
    EXPECT_EQ(latency_samples(Suppression::high), 1242U);
}

TEST(NoiseSuppressor, LeavesSoundAloneWhenOff) {
    NoiseSuppressor suppressor(Suppression::off);
    const auto voice = test::synthetic_voice(1);
    EXPECT_EQ(run(suppressor, voice), voice);
}

TEST(NoiseSuppressor, TakesSteadyNoiseAwayInAllModesButOff) {
    const auto noise = test::white_noise(6, 0.02F);
    for (const auto mode : {Suppression::light, Suppression::normal, Suppression::high}) {
        NoiseSuppressor suppressor(mode);
        const auto heard = run(suppressor, noise);
        EXPECT_LT(test::level_db(std::span(heard).last(sample_rate_hz)),
                  test::level_db(noise) - 15);
    }
}

TEST(NoiseSuppressor, TakesLessAtLessStrength) {
    const auto noise = test::white_noise(4, 0.02F);
    NoiseSuppressor none;
    none.set_strength(-3);
    const auto untouched = run(none, noise);
    constexpr auto late = latency_samples(Suppression::normal);
    EXPECT_TRUE(std::ranges::equal(std::span(untouched).subspan(2 * late),
                                   std::span(noise).subspan(late, noise.size() - 2 * late)));

    NoiseSuppressor half;
    half.set_strength(0.5F);
    const auto heard = run(half, noise);
    EXPECT_NEAR(test::level_db(std::span(heard).last(sample_rate_hz)), test::level_db(noise) - 6,
                1.5);
}

/// 8 s of a tone that is not at zero where frames begin: there, a jump would go unnoticed.
std::vector<float> steady_tone() {
    std::vector<float> tone(8 * sample_rate_hz);
    for (std::size_t i = 0; i < tone.size(); ++i) {
        const double at = static_cast<double>(i) / sample_rate_hz;
        tone[i] = static_cast<float>(0.3 * std::sin(2 * std::numbers::pi * 317 * at));
    }
    return tone;
}

TEST(NoiseSuppressor, ChangesModeWithoutAClick) {
    const auto tone = steady_tone();
    NoiseSuppressor suppressor(Suppression::off);
    auto heard = tone;
    std::set<Suppression> were_heard;
    for (std::size_t at = 0, frame = 0; at < heard.size(); at += frame_samples, ++frame) {
        if (frame % 37 == 0) {
            suppressor.set_mode(modes[frame / 37 * 3 % modes.size()]);
        }
        suppressor.process(Frame(heard.data() + at, frame_samples));
        were_heard.insert(suppressor.mode());
    }
    EXPECT_EQ(were_heard.size(), modes.size());
    EXPECT_LT(test::steepest(heard), 1.5F * test::steepest(tone));
}

TEST(NoiseSuppressor, ChangesStrengthWithoutAClick) {
    const auto tone = steady_tone();
    for (const auto mode : modes) {
        NoiseSuppressor suppressor(mode);
        auto heard = tone;
        for (std::size_t at = 0, frame = 0; at < heard.size(); at += frame_samples, ++frame) {
            if (frame % 13 == 0) {
                suppressor.set_strength(frame % 2 == 0 ? 1.0F : 0.0F);
            }
            suppressor.process(Frame(heard.data() + at, frame_samples));
        }
        EXPECT_LT(test::steepest(heard), 1.5F * test::steepest(tone)) << static_cast<int>(mode);
    }
}

TEST(NoiseSuppressor, RunsANetworkInBeforeItIsHeard) {
    NoiseSuppressor suppressor(Suppression::off);
    const auto voice = test::synthetic_voice(1);
    suppressor.set_mode(Suppression::high);
    std::vector<float> frame(frame_samples);
    for (int i = 0; i < 19; ++i) {
        std::ranges::copy(std::span(voice).subspan(480 * static_cast<std::size_t>(i), 480),
                          frame.begin());
        suppressor.process(Frame(frame.data(), frame_samples));
        EXPECT_EQ(suppressor.mode(), Suppression::off);
    }
    suppressor.process(Frame(frame.data(), frame_samples));
    EXPECT_EQ(suppressor.mode(), Suppression::high);
    EXPECT_GT(test::level_db(frame), -40);
}

TEST(NoiseSuppressor, TakesBackAWishBeforeItIsHeard) {
    NoiseSuppressor suppressor(Suppression::normal);
    auto voice = test::synthetic_voice(1);
    for (std::size_t at = 0; at < voice.size(); at += frame_samples) {
        suppressor.set_mode(at < 5 * frame_samples ? Suppression::high : Suppression::normal);
        suppressor.process(Frame(voice.data() + at, frame_samples));
        EXPECT_EQ(suppressor.mode(), Suppression::normal);
    }
}

TEST(NoiseSuppressor, TellsVoiceWhereANetworkListens) {
    for (const auto mode : modes) {
        NoiseSuppressor suppressor(mode);
        EXPECT_EQ(suppressor.tells_voice(), mode >= Suppression::normal);
        auto voice = test::synthetic_voice(2);
        int frames_with_voice = 0;
        for (std::size_t at = 0; at < voice.size(); at += frame_samples) {
            suppressor.process(Frame(voice.data() + at, frame_samples));
            frames_with_voice += suppressor.voice() > 0.5F ? 1 : 0;
        }
        EXPECT_EQ(frames_with_voice > 100, suppressor.tells_voice()) << frames_with_voice;
        run(suppressor, std::vector<float>(sample_rate_hz));
        EXPECT_LT(suppressor.voice(), 0.1F);
    }
}

TEST(NoiseSuppressor, MakesNothingOutOfSilence) {
    const std::vector<float> silence(2 * sample_rate_hz);
    for (const auto mode : modes) {
        NoiseSuppressor suppressor(mode);
        EXPECT_EQ(run(suppressor, silence), silence) << static_cast<int>(mode);
        run(suppressor, test::synthetic_voice(2));
        const auto after = run(suppressor, silence);
        EXPECT_LT(test::level_db(std::span(after).last(sample_rate_hz)), -120)
            << static_cast<int>(mode);
    }
}

TEST(NoiseSuppressor, TakesKeysAwayWhereANetworkListens) {
    // Each click is 15 ms of fading noise, three times a second.
    auto clicks = test::white_noise(6, 0.3F);
    for (std::size_t i = 0; i < clicks.size(); ++i) {
        clicks[i] *= std::exp(-static_cast<float>(i % 16'000) / 240.0F);
    }
    for (const auto mode : modes) {
        NoiseSuppressor suppressor(mode);
        const auto heard = run(suppressor, clicks);
        const auto less_db = test::level_db(std::span(clicks).last(2 * sample_rate_hz)) -
                             test::level_db(std::span(heard).last(2 * sample_rate_hz));
        EXPECT_EQ(less_db > 30, mode >= Suppression::normal) << less_db;
    }
}

TEST(NoiseSuppressor, TakesWhatMayBeLeftOfAnEchoForNoKeys) {
    auto clicks = test::white_noise(12, 0.3F);
    for (std::size_t i = 0; i < clicks.size(); ++i) {
        clicks[i] *= std::exp(-static_cast<float>(i % 16'000) / 240.0F);
    }
    for (const auto mode : {Suppression::normal, Suppression::high}) {
        for (const float echo : {0.0F, 1.0F}) {
            NoiseSuppressor suppressor(mode);
            for (std::size_t at = 0; at < clicks.size(); at += frame_samples) {
                std::vector<float> frame(
                    clicks.begin() + static_cast<std::ptrdiff_t>(at),
                    clicks.begin() + static_cast<std::ptrdiff_t>(at + frame_samples));
                suppressor.process(Frame(frame.data(), frame_samples), {.power = echo});
            }
            // The last frame is far from any click: what is taken of the networks is for what was heard before.
            EXPECT_EQ(suppressor.neural_weight() > 0.9F, echo <= 0) << suppressor.neural_weight();
        }
    }
}

TEST(NoiseSuppressor, OutlivesWhatIsNoSound) {
    for (const auto mode : modes) {
        NoiseSuppressor suppressor(mode);
        suppressor.set_strength(0.5F);
        suppressor.set_strength(std::numeric_limits<float>::quiet_NaN());
        std::vector<float> odd(20 * frame_samples, std::numeric_limits<float>::max());
        odd[5] = std::numeric_limits<float>::quiet_NaN();
        odd[999] = -std::numeric_limits<float>::infinity();
        const auto finite = [](float sample) { return std::isfinite(sample); };
        EXPECT_TRUE(std::ranges::all_of(run(suppressor, odd), finite)) << static_cast<int>(mode);
        const auto voice = test::synthetic_voice(1.1);
        const auto heard = run(suppressor, voice);
        EXPECT_TRUE(std::ranges::all_of(heard, finite)) << static_cast<int>(mode);
        const auto later = std::span(heard).last(sample_rate_hz);
        EXPECT_NEAR(test::level_db(later), test::level_db(voice), 4) << static_cast<int>(mode);
    }
}

TEST(NoiseSuppressor, AllocatesNothing) {
    NoiseSuppressor suppressor(Suppression::off);
    std::vector<float> samples(frame_samples, 0.1F);
    const auto before = test::allocations();
    for (std::size_t frame = 0; frame < 200; ++frame) {
        suppressor.set_mode(modes[frame / 25 % modes.size()]);
        suppressor.set_strength(frame % 3 == 0 ? 0.5F : 1.0F);
        suppressor.process(Frame(samples.data(), frame_samples));
    }
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
