#include "demo/analysis.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace partyline::demo {
namespace {

/// Noise with a memory, which is what matters about speech here: neighbours are alike.
std::vector<float> rumble(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> out(count);
    float value = 0;
    for (auto& sample : out) {
        value = 0.95F * value + static_cast<float>(random.uniform() - 0.5);
        sample = 0.1F * value;
    }
    return out;
}

std::vector<float> with_noise(std::vector<float> samples, float amount, std::uint64_t seed) {
    Random random(seed);
    for (auto& sample : samples) {
        sample += amount * static_cast<float>(random.uniform() - 0.5);
    }
    return samples;
}

TEST(Analysis, FindsAPieceToTheSample) {
    const auto said = rumble(20'000, 1);
    const auto piece = Samples(said).subspan(5'000, 8'000);
    for (const std::size_t delay : {0U, 1U, 7U, 8U, 100U, 1234U, 2999U}) {
        std::vector<float> heard(delay, 0.0F);
        heard.insert(heard.end(), said.begin(), said.end());
        const auto noisy = with_noise(heard, 0.02F, delay);
        const auto match = find(piece, noisy, 5'000, 8'000);
        EXPECT_EQ(match.position, 5'000 + delay);
        EXPECT_GT(match.correlation, 0.9);
    }
}

TEST(Analysis, SilenceLiesBeyondTheEnds) {
    const auto said = rumble(10'000, 2);
    EXPECT_EQ(find(Samples(said).first(4'000), said, 0, 4'000).position, 0U);
    const auto late = find(Samples(said).subspan(6'000), said, 5'000, 12'000);
    EXPECT_EQ(late.position, 6'000U);
    EXPECT_EQ(find(Samples(said).first(4'000), {}, 0, 4'000).correlation, 0);
}

TEST(Analysis, StrangersDoNotMatch) {
    const auto match = find(rumble(48'000, 3), rumble(60'000, 4), 0, 12'000);
    EXPECT_LT(match.correlation, 0.3);
}

TEST(Analysis, SiSdrIgnoresLoudnessAndCountsDistortion) {
    const auto reference = rumble(48'000, 5);
    auto softer = reference;
    for (auto& sample : softer) {
        sample *= 0.25F;
    }
    EXPECT_GT(si_sdr_db(reference, softer), 100);
    EXPECT_EQ(si_sdr_db(reference, reference), si_sdr_max_db);
    // Noise of a tenth of the level is 20 dB below.
    const auto amount = static_cast<float>(level(reference) * 0.1 * std::sqrt(12.0));
    EXPECT_NEAR(si_sdr_db(reference, with_noise(reference, amount, 6)), 20, 0.5);
    EXPECT_LT(si_sdr_db(reference, rumble(48'000, 7)), -10);
    EXPECT_EQ(si_sdr_db(reference, std::vector<float>(48'000)), -si_sdr_max_db);
}

TEST(Analysis, Percentiles) {
    const std::vector<double> values{5, 1, 4, 2, 3};
    EXPECT_EQ(median(values), 3);
    EXPECT_EQ(percentile(values, 99), 5);
    EXPECT_EQ(percentile(values, 0), 1);
    EXPECT_EQ(percentile(values, 20), 1);
    EXPECT_EQ(percentile({7}, 50), 7);
}

TEST(Analysis, DigitalSilenceIsExact) {
    std::vector<float> samples(100);
    EXPECT_TRUE(is_digital_silence(samples));
    samples[50] = 1e-20F;
    EXPECT_FALSE(is_digital_silence(samples));
    EXPECT_TRUE(is_digital_silence({}));
}

}  // namespace
}  // namespace partyline::demo
