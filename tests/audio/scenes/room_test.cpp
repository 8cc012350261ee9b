#include "audio/scenes/room.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "audio/metrics/level.hpp"
#include "audio/metrics/likeness.hpp"
#include "audio/scenes/noises.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

constexpr std::size_t second = dsp::sample_rate_hz;

double energy(const std::vector<double>& taps) {
    double sum = 0;
    for (const double tap : taps) {
        sum += tap * tap;
    }
    return sum;
}

std::vector<float> far_end() {
    Random random(8);
    return metrics::band_limited(microphone_noise(-12, 10 * second, random), 300, 6000);
}

std::vector<float> heard(const EchoPath& path) {
    Random random(1);
    return echo_of(far_end(), path, 5 * second, random);
}

/// How late the echo is from `begin` on, in ms. The direct sound is the strongest.
double delay_ms(const std::vector<float>& echo, std::size_t begin) {
    const metrics::Window window{begin, begin + 2 * second};
    const auto far = far_end();
    const auto lag =
        metrics::lag_samples(metrics::cut(far, window), metrics::cut(echo, window), 0, second / 2);
    return static_cast<double>(lag) * 1000 / dsp::sample_rate_hz;
}

TEST(Room, ChangesALittleFromVersionToVersion) {
    Random random(1);
    const auto responses = room_responses(10, random);
    for (std::size_t i = 1; i < responses.size(); ++i) {
        std::vector<double> change(responses[i]);
        for (std::size_t tap = 0; tap < change.size(); ++tap) {
            change[tap] -= responses[i - 1][tap];
        }
        EXPECT_NEAR(10 * std::log10(energy(change) / energy(responses[i])), -20, 5) << i;
    }
}

TEST(Echo, ComesWithTheDelayAndLossOfItsPath) {
    for (const double delay : {60.0, 250.0}) {
        const auto echo = heard({.delay_ms = delay, .loss_db = 6});
        EXPECT_NEAR(delay_ms(echo, second), delay, 1.5);
        EXPECT_EQ(metrics::power(metrics::cut(echo, {0, static_cast<std::size_t>(delay * 48)})), 0);
        EXPECT_NEAR(metrics::level_dbfs(echo), metrics::level_dbfs(far_end()) - 6, 0.1);
    }
}

TEST(Echo, JumpsInTheMiddle) {
    const auto echo = heard({.jump_ms = 25});
    EXPECT_NEAR(delay_ms(echo, 2 * second), 60, 1.5);
    EXPECT_NEAR(delay_ms(echo, 6 * second), 85, 1.5);
}

TEST(Echo, DriftsAwayFromTheClock) {
    const auto steady = heard({});
    const auto drifting = heard({.drift_ppm = 50});
    const auto lag_at = [&](std::size_t begin) {
        const metrics::Window window{begin, begin + second};
        return metrics::lag_samples(metrics::cut(drifting, window), metrics::cut(steady, window),
                                    -200, 200);
    };
    EXPECT_LE(std::abs(lag_at(0)), 2);
    // 50 ppm of 8.5 s are 20 samples.
    EXPECT_NEAR(static_cast<double>(lag_at(8 * second)), 20.4, 2);
    EXPECT_NEAR(metrics::level_dbfs(drifting), metrics::level_dbfs(steady), 0.1);
}

TEST(Echo, ASaturatingLoudspeakerIsNotLinear) {
    auto clean = heard({.loss_db = 0});
    auto bent = heard({.loss_db = 0, .saturating = true});
    EXPECT_LT(metrics::filtered_sdr_db(clean, bent).value(), 25);
    EXPECT_GT(metrics::filtered_sdr_db(clean, bent).value(), 5);
}

}  // namespace
}  // namespace partyline::scenes
