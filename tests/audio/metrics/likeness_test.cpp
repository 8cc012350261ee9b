#include "audio/metrics/likeness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "audio/metrics/level.hpp"
#include "audio/metrics/test_sounds.hpp"

namespace partyline::metrics {
namespace {

const auto clean = babble(3 * second, 0.1, 1);

TEST(Lag, IsFoundWhereItIs) {
    for (const std::size_t lag : {0U, 1U, 480U, 4000U}) {
        const auto heard = sum(delayed(clean, lag), noise(clean.size(), 0.01, 2));
        EXPECT_EQ(lag_samples(clean, heard, -100, 4800), static_cast<std::ptrdiff_t>(lag));
        EXPECT_EQ(lag_samples(heard, clean, -4800, 100), -static_cast<std::ptrdiff_t>(lag));
        EXPECT_EQ(lag_samples(clean, scaled(heard, -1), -100, 4800),
                  static_cast<std::ptrdiff_t>(lag))
            << "turned around";
        const auto late = delayed(clean, lag);
        const auto [x, y] = aligned(clean, late, static_cast<std::ptrdiff_t>(lag));
        EXPECT_EQ(x.size(), clean.size() - lag);
        EXPECT_TRUE(std::ranges::equal(x, y));
    }
}

TEST(Sdr, IsThatOfAddedNoise) {
    for (const double wanted_db : {0.0, 10.0, 20.0}) {
        // Noise of the same colour, so that the rate of the measure does not matter.
        const auto other = babble(clean.size(), 0.1, 7);
        const double gain = std::sqrt(power(clean) / power(other)) * std::pow(10, -wanted_db / 20);
        const auto heard = sum(clean, other, static_cast<float>(gain));
        EXPECT_NEAR(filtered_sdr_db(clean, heard).value(), wanted_db, 0.3);
    }
}

TEST(Sdr, ForgivesLoudnessAndColour) {
    EXPECT_GT(filtered_sdr_db(clean, clean).value(), 60);
    EXPECT_GT(filtered_sdr_db(clean, scaled(clean, -0.1F)).value(), 60);
    EXPECT_GT(filtered_sdr_db(clean, delayed(clean, 48)).value(), 40) << "a millisecond";
    EXPECT_GT(filtered_sdr_db(clean, band_limited(clean, 200, 6000)).value(), 20);
    EXPECT_LT(filtered_sdr_db(clean, babble(clean.size(), 0.1, 9)).value(), -10) << "unrelated";
    EXPECT_FALSE(filtered_sdr_db(std::vector<float>(second), noise(second, 0.1, 1)));
}

TEST(LogSpectralDistance, GrowsWithNoiseAndForgivesLoudness) {
    EXPECT_NEAR(log_spectral_distance_db(clean, clean).value(), 0, 1e-6);
    EXPECT_NEAR(log_spectral_distance_db(clean, scaled(clean, 0.25F)).value(), 0, 1e-6);
    double before = 0;
    for (const double rms : {0.0003, 0.001, 0.003, 0.01}) {
        const auto heard = sum(clean, noise(clean.size(), rms, 3));
        const double distance = log_spectral_distance_db(clean, heard).value();
        EXPECT_GT(distance, before + 0.2) << rms;
        before = distance;
    }
    EXPECT_FALSE(log_spectral_distance_db(std::vector<float>(second), clean));
    EXPECT_FALSE(log_spectral_distance_db(clean, std::vector<float>(clean.size())));
}

}  // namespace
}  // namespace partyline::metrics
