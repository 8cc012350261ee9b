#include "dsp/time_scale.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/random.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

/// Passes `in` through frame by frame; `correct` is called before each frame is taken and says by
/// how much the sound has become longer.
template <class Correct>
std::vector<float> pass(std::span<const float> in, Correct&& correct) {
    TimeScale line;
    std::vector<float> out;
    std::array<float, frame_samples> frame{};
    for (int tick = 0;; ++tick) {
        while (line.waiting() < TimeScale::shorten_samples_min) {
            if (in.size() < frame_samples) {
                return out;
            }
            std::ranges::copy(in.first(frame_samples), line.append(frame_samples).begin());
            in = in.subspan(frame_samples);
        }
        correct(line, tick);
        line.take(frame);
        out.insert(out.end(), frame.begin(), frame.end());
    }
}

std::vector<float> tone(double hz, double seconds) {
    std::vector<float> out(static_cast<std::size_t>(seconds * sample_rate_hz));
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<float>(
            0.5 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / sample_rate_hz));
    }
    return out;
}

TEST(TimeScale, PassesSoundUnchanged) {
    const auto voice = test::synthetic_voice(2);
    const auto out = pass(voice, [](TimeScale&, int) {});
    ASSERT_GT(out.size(), 90'000U);
    EXPECT_TRUE(std::equal(out.begin(), out.end(), voice.begin()));
}

TEST(TimeScale, GivesZerosAfterTheLast) {
    TimeScale line;
    std::ranges::fill(line.append(100), 1.0F);
    std::array<float, frame_samples> frame{};
    frame.fill(9.0F);
    line.take(frame);
    EXPECT_EQ(frame[99], 1.0F);
    EXPECT_EQ(frame[100], 0.0F);
    EXPECT_EQ(frame[479], 0.0F);
    EXPECT_EQ(line.waiting(), 0U);
}

TEST(TimeScale, SplicesATonePeriodically) {
    // Whole periods are cut or repeated, so that a tone remains the very same tone.
    for (const double hz : {90.0, 123.0, 200.0, 333.0}) {
        for (const bool shorter : {true, false}) {
            std::size_t splices = 0;
            const auto out = pass(tone(hz, 3), [&](TimeScale& line, int tick) {
                if (tick % 5 == 4) {
                    const TimeScale::Splice splice{.likeness_least = 0.99F};
                    splices +=
                        (shorter ? line.shorten(splice) : line.lengthen(splice)) > 0 ? 1U : 0U;
                }
            });
            EXPECT_GT(splices, 35U);
            EXPECT_LT(test::steepest(out), 1.05F * test::steepest(tone(hz, 1))) << hz << " Hz";
            double power = 0;
            for (const float sample : out) {
                power += static_cast<double>(sample) * static_cast<double>(sample);
            }
            EXPECT_NEAR(power / static_cast<double>(out.size()), 0.125, 0.002);
        }
    }
}

TEST(TimeScale, TellsExactlyHowMuchItCutOrRepeated) {
    const auto voice = test::synthetic_voice(4);
    Random random(8);
    std::ptrdiff_t longer = 0;
    const auto out = pass(voice, [&](TimeScale& line, int) {
        const auto before = static_cast<std::ptrdiff_t>(line.waiting());
        const TimeScale::Splice splice{.samples_most = 100 + random.below(900),
                                       .likeness_least = -1.0F};
        if (random.chance(0.3)) {
            const auto cut = static_cast<std::ptrdiff_t>(line.shorten(splice));
            EXPECT_EQ(static_cast<std::ptrdiff_t>(line.waiting()), before - cut);
            longer -= cut;
        } else if (random.chance(0.3)) {
            const auto added = static_cast<std::ptrdiff_t>(line.lengthen(splice));
            EXPECT_EQ(static_cast<std::ptrdiff_t>(line.waiting()), before + added);
            longer += added;
        }
        EXPECT_GE(line.waiting(), frame_samples);
    });
    EXPECT_NEAR(static_cast<double>(out.size()),
                static_cast<double>(voice.size()) + static_cast<double>(longer), 3000);
    // No click anywhere.
    EXPECT_LT(test::steepest(out), 1.5F * test::steepest(voice));
}

TEST(TimeScale, IsAsParticularAsItIsTold) {
    Random random(9);
    std::vector<float> noise(48'000);
    for (float& sample : noise) {
        sample = static_cast<float>(random.uniform() - 0.5);
    }
    const auto splices = [&](std::span<const float> in, float likeness) {
        std::size_t count = 0;
        pass(in, [&](TimeScale& line, int) {
            count += line.shorten({.likeness_least = likeness}) > 0 ? 1U : 0U;
        });
        return count;
    };
    EXPECT_EQ(splices(noise, 0.8F), 0U);
    EXPECT_GT(splices(noise, -1.0F), 40U);
    EXPECT_GT(splices(test::synthetic_voice(1), 0.8F), 20U);
    EXPECT_GT(splices(std::vector<float>(48'000), 1.0F), 40U) << "silence may be cut anywhere";
}

TEST(TimeScale, RefusesWhatItHasNotEnoughFor) {
    TimeScale line;
    EXPECT_EQ(line.shorten({.likeness_least = -1.0F}), 0U);
    EXPECT_EQ(line.lengthen({.likeness_least = -1.0F}), 0U);
    line.append(frame_samples);
    EXPECT_EQ(line.shorten({.likeness_least = -1.0F}), 0U);
    EXPECT_EQ(line.lengthen({.samples_most = splice_samples_min - 1}), 0U);
    EXPECT_EQ(line.lengthen({.samples_most = 10'000, .likeness_least = -1.0F}), splice_samples_max);
}

}  // namespace
}  // namespace partyline::dsp
