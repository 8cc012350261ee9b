#include "dsp/limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "base/random.hpp"

namespace partyline::dsp {
namespace {

using Samples = std::array<float, frame_samples>;

Samples tone(float amplitude, std::size_t frame) {
    Samples out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto n = static_cast<double>(frame * frame_samples + i);
        out[i] = amplitude *
                 static_cast<float>(std::sin(2 * std::numbers::pi * 440 * n / sample_rate_hz));
    }
    return out;
}

float peak(const Samples& samples) {
    float peak = 0;
    for (const float sample : samples) {
        peak = std::max(peak, std::abs(sample));
    }
    return peak;
}

TEST(Limiter, PassesWhatIsBelowTheCeilingUntouched) {
    Limiter limiter;
    for (std::size_t frame = 0; frame < 20; ++frame) {
        auto samples = tone(0.89F, frame);
        const auto before = samples;
        limiter.process(samples);
        EXPECT_EQ(samples, before);
        EXPECT_EQ(limiter.gain(), 1.0F);
    }
}

TEST(Limiter, NeverExceedsTheCeiling) {
    Random random(7);
    Limiter limiter;
    for (int frame = 0; frame < 2000; ++frame) {
        Samples samples{};
        const auto loudness = static_cast<float>(std::pow(10.0, 3 * random.uniform() - 1.5));
        for (float& sample : samples) {
            sample = loudness * static_cast<float>(2 * random.uniform() - 1);
        }
        limiter.process(samples);
        ASSERT_LE(peak(samples), Limiter::ceiling);
    }
}

TEST(Limiter, HoldsALoudToneJustBelowTheCeilingWithoutDistortingIt) {
    Limiter limiter;
    for (std::size_t frame = 0; frame < 50; ++frame) {
        auto samples = tone(2.0F, frame);
        const auto loud = samples;
        limiter.process(samples);
        if (frame < 2) {
            continue;
        }
        EXPECT_GT(peak(samples), 0.95F * Limiter::ceiling);
        // Much the same gain everywhere: the shape of the wave is left alone.
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (std::abs(loud[i]) > 0.1F) {
                ASSERT_NEAR(samples[i] / loud[i], Limiter::ceiling / 2.0F, 0.03F);
            }
        }
    }
}

TEST(Limiter, RecoversWithin100ms) {
    Limiter limiter;
    auto loud = tone(8.0F, 0);
    limiter.process(loud);
    EXPECT_LT(limiter.gain(), 0.2F);
    for (std::size_t frame = 0; frame < 10; ++frame) {
        auto quiet = tone(0.1F, frame);
        limiter.process(quiet);
    }
    EXPECT_EQ(limiter.gain(), 1.0F);
}

TEST(Limiter, ShapesTheFallAheadOfAPeakInsideAFrame) {
    Limiter limiter;
    Samples samples{};
    samples.fill(0.5F);
    samples[400] = 1.5F;
    limiter.process(samples);
    EXPECT_EQ(samples[0], 0.5F);
    EXPECT_LE(std::abs(samples[400]), Limiter::ceiling);
    for (std::size_t i = 1; i < samples.size(); ++i) {
        if (i != 400 && i != 401) {
            ASSERT_LT(std::abs(samples[i] - samples[i - 1]), 0.01F) << "a click at " << i;
        }
    }
}

TEST(Limiter, TurnsWhatIsNotANumberIntoSilence) {
    Limiter limiter;
    Samples samples{};
    samples[3] = std::numeric_limits<float>::quiet_NaN();
    samples[4] = std::numeric_limits<float>::infinity();
    samples[5] = 0.25F;
    limiter.process(samples);
    EXPECT_EQ(samples[3], 0.0F);
    EXPECT_EQ(samples[4], 0.0F);
    EXPECT_EQ(samples[5], 0.25F);
}

}  // namespace
}  // namespace partyline::dsp
