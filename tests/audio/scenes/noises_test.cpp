#include "audio/scenes/noises.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "audio/metrics/level.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

using metrics::band_limited;
using metrics::level_dbfs;

constexpr std::size_t second = dsp::sample_rate_hz;

std::vector<Key> one_key() {
    return {{.press = std::vector<float>(480, 0.5F), .release = std::vector<float>(240, -0.25F)}};
}

TEST(FanNoise, IsDarkAndSteady) {
    Random random(1);
    const auto fan = fan_noise(4 * second, random);
    EXPECT_NEAR(metrics::power(fan), 1, 1e-4);
    EXPECT_GT(level_dbfs(band_limited(fan, 50, 500)),
              level_dbfs(band_limited(fan, 2000, 8000)) + 5);
    EXPECT_NEAR(level_dbfs(metrics::cut(fan, {second, 2 * second})), 0, 1.5);
}

TEST(KeyboardNoise, IsClicksWithPauses) {
    Random random(1);
    const auto typing = keyboard_noise(one_key(), 20 * second, random);
    EXPECT_NEAR(metrics::power(typing), 1, 1e-4);
    EXPECT_GT(metrics::peak_dbfs(typing), 10) << "far above its RMS";
    std::size_t clicks = 0;
    for (std::size_t i = 1; i < typing.size(); ++i) {
        clicks += typing[i] > 1 && typing[i - 1] <= 1 ? 1U : 0U;
    }
    EXPECT_GT(clicks, 60U);
    EXPECT_LT(clicks, 160U);
}

TEST(Noises, TheSameSeedGivesTheSameSamples) {
    for (const std::uint64_t seed : {1U, 2U}) {
        Random one(seed), same(seed), other(seed + 1);
        const auto fan = fan_noise(second, one);
        EXPECT_EQ(fan, fan_noise(second, same));
        EXPECT_NE(fan, fan_noise(second, other));
    }
}

TEST(Noises, LevelsAreThoseAskedFor) {
    Random random(3);
    EXPECT_NEAR(level_dbfs(microphone_noise(-70, second, random)), -70, 0.1);
    auto speech = microphone_noise(-12, second, random);
    set_active_level(speech, -26);
    EXPECT_NEAR(metrics::active_level_dbfs(speech), -26, 0.01);
    std::vector<float> sum(second);
    add(sum, speech, -10);
    EXPECT_NEAR(level_dbfs(sum), -36, 0.01);
}

TEST(Noises, ClippingIsAtFullScale) {
    std::vector<float> sound{-1.5F, -1, 0.25F, 1, 7};
    clip(sound);
    EXPECT_EQ(sound, (std::vector<float>{-1, -1, 0.25F, 1, 1}));
}

}  // namespace
}  // namespace partyline::scenes
