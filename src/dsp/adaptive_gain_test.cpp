#include "dsp/adaptive_gain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

constexpr double peak_dbfs_max = -1;

std::vector<float> voice_at(double level_dbfs, double seconds) {
    auto voice = test::synthetic_voice(seconds);
    const auto gain = static_cast<float>(std::pow(10, (level_dbfs - test::level_db(voice)) / 20));
    for (float& sample : voice) {
        sample = std::clamp(gain * sample, -1.0F, 1.0F);
    }
    return voice;
}

std::vector<float> run(AdaptiveGain& gain, std::vector<float> samples, bool speech,
                       float noise = 1e-10F) {
    for (std::size_t at = 0; at + frame_samples <= samples.size(); at += frame_samples) {
        gain.process(Frame(&samples[at], frame_samples), {.speech = speech, .noise = noise});
    }
    return samples;
}

double peak_db(std::span<const float> samples) {
    float peak = 0;
    for (const float sample : samples) {
        peak = std::max(peak, std::abs(sample));
    }
    return 20 * std::log10(peak);
}

TEST(AdaptiveGain, BringsQuietAndHotVoicesToOneLevel) {
    for (const double level : {-50.0, -40.0, -26.0, -14.0, -10.0}) {
        AdaptiveGain gain;
        const auto out = run(gain, voice_at(level, 15), true);
        EXPECT_NEAR(test::level_db(std::span(out).last(5 * sample_rate_hz)),
                    AdaptiveGain::target_dbfs, 1.5)
            << level;
        EXPECT_LE(peak_db(out), peak_dbfs_max) << level;
    }
}

TEST(AdaptiveGain, MovesOnSpeechOnly) {
    AdaptiveGain gain;
    run(gain, voice_at(-40, 10), true);
    const float learnt = gain.gain_db();
    EXPECT_GT(learnt, 15);
    run(gain, test::white_noise(20, 0.001F), false);
    EXPECT_EQ(gain.gain_db(), learnt);
}

TEST(AdaptiveGain, IsNoFasterThanItSays) {
    AdaptiveGain gain;
    run(gain, voice_at(-50, 1), true);
    EXPECT_LE(gain.gain_db(), AdaptiveGain::rise_db_per_s);
    EXPECT_GT(gain.gain_db(), 0.7F * AdaptiveGain::rise_db_per_s);
    run(gain, voice_at(-50, 10), true);
    const float high = gain.gain_db();
    run(gain, voice_at(-3, 1), true);
    EXPECT_GE(gain.gain_db(), high - AdaptiveGain::fall_db_per_s - 0.01F);
    EXPECT_LT(gain.gain_db(), high - 10);
}

TEST(AdaptiveGain, DoesNotPumpNoiseUp) {
    AdaptiveGain gain;
    run(gain, voice_at(-50, 15), true, 1e-6F);  // noise at -60 dBFS
    EXPECT_NEAR(gain.gain_db(), 10, 0.1);
    AdaptiveGain hopeless;
    run(hopeless, voice_at(-50, 15), true, 1e-4F);
    EXPECT_EQ(hopeless.gain_db(), 0);
}

TEST(AdaptiveGain, OffIsAsItCame) {
    AdaptiveGain gain;
    gain.set_on(false);
    const auto voice = voice_at(-50, 2);
    EXPECT_EQ(run(gain, voice, true), voice);
}

TEST(AdaptiveGain, IsSwitchedWithoutAClick) {
    std::vector<float> tone(2 * sample_rate_hz);
    for (std::size_t i = 0; i < tone.size(); ++i) {
        tone[i] = 0.01F * static_cast<float>(std::sin(0.0415 * static_cast<double>(i)));
    }
    AdaptiveGain gain;
    run(gain, voice_at(-40, 10), true);
    const auto steps = static_cast<float>(std::pow(10, gain.gain_db() / 20));
    for (std::size_t at = 0; at < tone.size(); at += frame_samples) {
        gain.set_on(at / frame_samples % 20 >= 10);
        gain.process(Frame(&tone[at], frame_samples), {.speech = false, .noise = 1e-10F});
    }
    EXPECT_LT(test::steepest(tone), 1.5F * 0.01F * 0.0415F * steps);
}

TEST(AdaptiveGain, TakesWhatIsNoNumberAsSilence) {
    AdaptiveGain gain;
    std::vector<float> odd(frame_samples, std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(run(gain, odd, true), std::vector<float>(frame_samples));
    const auto out = run(gain, voice_at(-26, 10), true);
    EXPECT_NEAR(test::level_db(std::span(out).last(2 * sample_rate_hz)), AdaptiveGain::target_dbfs,
                1.5);
}

}  // namespace
}  // namespace partyline::dsp
