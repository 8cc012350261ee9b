#include "audio/metrics/level.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "audio/metrics/spread.hpp"
#include "audio/metrics/test_sounds.hpp"

namespace partyline::metrics {
namespace {

std::vector<float> tone(double hz, double amplitude, std::size_t count) {
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] =
            static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * hz *
                                                    static_cast<double>(i) / dsp::sample_rate_hz));
    }
    return out;
}

TEST(Level, IsThatOfTheTextbook) {
    const auto sound = tone(1000, 0.5, second);
    EXPECT_NEAR(level_dbfs(sound), 20 * std::log10(0.5) - 10 * std::log10(2), 0.001);
    EXPECT_NEAR(peak_dbfs(sound), 20 * std::log10(0.5), 0.001);
    EXPECT_EQ(level_dbfs({}), -120);
    EXPECT_EQ(peak_dbfs(std::array{0.0F}), -120);
    EXPECT_EQ(active_level_dbfs({}), -120);
}

TEST(Level, PausesDoNotCount) {
    auto sound = tone(1000, 0.5, second);
    const double without = active_level_dbfs(sound);
    sound.resize(3 * second);
    EXPECT_NEAR(active_level_dbfs(sound), without, 0.001);
    EXPECT_LT(level_dbfs(sound), without - 4);
}

TEST(Level, ActivityKnowsSpeechPauseAndWhatIsBetween) {
    std::vector<float> sound(3 * second);
    const auto voice = tone(500, 0.1, second);
    std::ranges::copy(voice, sound.begin() + second);
    const auto frames = activity(sound);
    ASSERT_EQ(frames.size(), 300U);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const bool speech = i >= 100 && i < 200;
        const bool pause = i <= 80 || i >= 219;
        EXPECT_EQ(frames[i], speech  ? Activity::speech
                             : pause ? Activity::pause
                                     : Activity::edge)
            << "frame " << i;
    }
    EXPECT_NEAR(power_where(sound, frames, Activity::speech), power(voice), 1e-9);
    EXPECT_EQ(power_where(sound, frames, Activity::pause), 0);
    // What lags behind the recording is looked at later.
    EXPECT_NEAR(power_where(delayed(sound, 960), frames, Activity::speech, 960), power(voice),
                1e-9);
    EXPECT_TRUE(std::ranges::all_of(activity(std::vector<float>(second)),
                                    [](Activity frame) { return frame == Activity::pause; }));
}

TEST(Level, BandLimitKeepsTheMiddle) {
    const struct {
        double hz;
        double least_db;
        double most_db;
    } cases[] = {{20, -60, -30},
                 {150, -3.1, -2.9},
                 {1000, -0.2, 0.1},
                 {8000, -3.2, -2.8},
                 {20'000, -60, -25}};
    for (const auto& test : cases) {
        const auto sound = tone(test.hz, 0.5, second);
        const double change = level_dbfs(cut(band_limited(sound), {second / 4, second})) -
                              level_dbfs(cut(sound, {second / 4, second}));
        EXPECT_GE(change, test.least_db) << test.hz;
        EXPECT_LE(change, test.most_db) << test.hz;
    }
}

TEST(Level, CutTakesWhatThereIs) {
    const std::vector<float> sound(10);
    EXPECT_EQ(cut(sound, {2, 5}).size(), 3U);
    EXPECT_EQ(cut(sound, {8, 50}).size(), 2U);
    EXPECT_EQ(cut(sound, {50, 60}).size(), 0U);
    EXPECT_EQ(cut(sound, {5, 2}).size(), 0U);
}

TEST(Spread, IsMedianAndEnds) {
    const auto odd = spread({3, 1, 2});
    EXPECT_EQ(odd.median, 2);
    EXPECT_EQ(odd.least, 1);
    EXPECT_EQ(odd.most, 3);
    EXPECT_EQ(spread({4, 1, 2, 3}).median, 2.5);
    EXPECT_EQ(spread({}).median, 0);
    EXPECT_EQ(percentile({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.9), 9);
    EXPECT_EQ(percentile({1, 2, 3}, 1), 3);
    EXPECT_EQ(percentile({1, 2, 3}, 0), 1);
}

}  // namespace
}  // namespace partyline::metrics
