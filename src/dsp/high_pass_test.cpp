#include "dsp/high_pass.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

/// What is left of a tone after a second, in dB.
double gain_db(HighPass& filter, double hz) {
    std::vector<float> tone(2 * sample_rate_hz);
    for (std::size_t i = 0; i < tone.size(); ++i) {
        tone[i] = static_cast<float>(
            0.5 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / sample_rate_hz));
    }
    const auto before = test::level_db(std::span(tone).last(sample_rate_hz));
    for (std::size_t at = 0; at < tone.size(); at += frame_samples) {
        filter.process(Frame(tone.data() + at, frame_samples));
    }
    return test::level_db(std::span(tone).last(sample_rate_hz)) - before;
}

TEST(HighPass, LetsPassWhatIsAboveItsCutoff) {
    HighPass filter(80);
    EXPECT_NEAR(gain_db(filter, 80), -3, 0.1);
    EXPECT_NEAR(gain_db(filter, 40), -12.3, 0.3);
    EXPECT_NEAR(gain_db(filter, 20), -24.1, 0.3);
    EXPECT_NEAR(gain_db(filter, 160), -0.26, 0.1);
    EXPECT_NEAR(gain_db(filter, 1000), 0, 0.01);
}

TEST(HighPass, TakesAConstantAway) {
    HighPass filter(80);
    std::vector<float> samples(sample_rate_hz, 0.7F);
    for (std::size_t at = 0; at < samples.size(); at += frame_samples) {
        filter.process(Frame(samples.data() + at, frame_samples));
    }
    EXPECT_NEAR(samples.back(), 0, 1e-5);
}

TEST(HighPass, TakesWhatIsNotANumberAsSilence) {
    HighPass filter(80);
    std::vector<float> samples(frame_samples, std::numeric_limits<float>::quiet_NaN());
    samples[7] = std::numeric_limits<float>::infinity();
    filter.process(Frame(samples.data(), frame_samples));
    EXPECT_EQ(samples, std::vector<float>(frame_samples));
}

}  // namespace
}  // namespace partyline::dsp
