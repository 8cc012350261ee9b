#include "dsp/gain_ramp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace partyline::dsp {
namespace {

using Sound = std::array<float, frame_samples>;

Sound constant(float value) {
    Sound sound{};
    sound.fill(value);
    return sound;
}

TEST(GainRamp, FullVolumeIsBitForBit) {
    GainRamp ramp;
    Sound voice{};
    for (std::size_t i = 0; i < voice.size(); ++i) {
        voice[i] = std::sin(static_cast<float>(i));
    }
    Sound mix{};
    ramp.mix(voice, 1.0F, mix);
    EXPECT_EQ(mix, voice);
}

TEST(GainRamp, ChangesWithoutAStep) {
    GainRamp ramp;
    const auto voice = constant(1.0F);
    float last = 1.0F;
    for (const float target : {0.0F, 10.0F, 0.5F, 0.5F, 1.0F, 1.0F}) {
        const float start = last;
        Sound mix{};
        ramp.mix(voice, target, mix);
        const float step = std::abs(target - start) / static_cast<float>(frame_samples);
        for (const float sample : mix) {
            EXPECT_LE(std::abs(sample - last), step * 1.01F + 1e-6F);
            last = sample;
        }
        EXPECT_NEAR(last, target, 1e-4F);
    }
}

TEST(GainRamp, MakesAVoiceAloneAsLoudAsInAMix) {
    GainRamp mixing;
    GainRamp alone;
    for (const float target : {1.0F, 0.0F, 0.0F, 0.5F, 1.0F, 1.0F}) {
        Sound mix{};
        auto voice = constant(0.25F);
        mixing.mix(voice, target, mix);
        alone.apply(voice, target);
        EXPECT_EQ(voice, mix) << target;
    }
}

TEST(GainRamp, AddsToWhatOthersSay) {
    GainRamp ramp;
    ramp.jump(0.5F);
    auto mix = constant(0.25F);
    ramp.mix(constant(0.5F), 0.5F, mix);
    EXPECT_TRUE(
        std::ranges::all_of(mix, [](float sample) { return std::abs(sample - 0.5F) < 1e-6F; }));
}

}  // namespace
}  // namespace partyline::dsp
