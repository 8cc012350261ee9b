#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

#include "audio/metrics/level.hpp"
#include "audio/metrics/likeness.hpp"
#include "audio/metrics/test_sounds.hpp"

namespace partyline::metrics {
namespace {

const auto clean = babble(6 * second, 0.1, 1);

double score(const std::vector<float>& heard) { return stoi(clean, heard).value(); }

/// The numbers of PyTorch's randn() on a CPU, for counts that 16 divides: Mersenne Twister, 24 bits
/// each, Box and Muller within each 16.
class TorchRandom {
public:
    explicit TorchRandom(std::uint32_t seed) : bits_(seed) {}

    std::vector<float> normal(std::size_t count) {
        std::vector<float> out(count);
        for (float& value : out) {
            value = static_cast<float>(bits_() & 0xFF'FFFFU) * 0x1.0p-24F;
        }
        for (std::size_t block = 0; block < count; block += 16) {
            for (std::size_t i = block; i < block + 8; ++i) {
                const float radius = std::sqrt(-2 * std::log(1 - out[i]));
                const float turn = 2 * std::numbers::pi_v<float> * out[i + 8];
                out[i] = radius * std::cos(turn);
                out[i + 8] = radius * std::sin(turn);
            }
        }
        return out;
    }

private:
    std::mt19937 bits_;
};

// The documentation of TorchMetrics prints what pystoi, the reference implementation in Python, gives
// for two unrelated noises of its seeds: as it was before release 0.12, and since. Its resampler to
// 10 kHz and ours differ near 4 kHz, which the topmost band holds.
TEST(Stoi, AgreesWithPublishedValues) {
    const struct {
        std::uint32_t seed;
        double published;
    } cases[] = {{1, -0.0100}, {42, -0.084}};
    for (const auto& test : cases) {
        TorchRandom random(test.seed);
        const auto heard = random.normal(8000);
        const auto reference = random.normal(8000);
        EXPECT_NEAR(stoi(reference, heard, 8000).value(), test.published, 0.005) << test.seed;
    }
}

TEST(Stoi, IsOneForTheSameAndNearZeroForAnother) {
    EXPECT_NEAR(score(clean), 1, 1e-12);
    const auto one = noise(9 * second, 0.1, 2);
    EXPECT_LT(std::abs(stoi(one, noise(one.size(), 0.1, 3)).value()), 0.05);
}

TEST(Stoi, LoudnessAndSignDoNotCount) {
    const auto heard = sum(clean, noise(clean.size(), 0.01, 2));
    EXPECT_NEAR(score(scaled(heard, 8)), score(heard), 1e-6);
    EXPECT_NEAR(score(scaled(heard, -0.01F)), score(heard), 1e-6);
    EXPECT_NEAR(stoi(scaled(clean, 0.1F), heard).value(), score(heard), 1e-6);
}

TEST(Stoi, PausesOfTheTalkerDoNotCount) {
    auto heard = sum(clean, noise(clean.size(), 0.01, 2));
    const double before = score(heard);
    const auto frames = activity(clean);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (frames[i] == Activity::pause) {
            std::fill_n(heard.begin() + static_cast<std::ptrdiff_t>(i * dsp::frame_samples),
                        dsp::frame_samples, 0.5F);
        }
    }
    EXPECT_NEAR(score(heard), before, 0.005);
}

TEST(Stoi, FallsWithNoise) {
    double before = 1;
    for (const double rms : {0.01, 0.03, 0.1, 0.3, 1.0}) {
        const double now = score(sum(clean, noise(clean.size(), rms, 3)));
        EXPECT_LT(now, before - 0.005) << rms;
        before = now;
    }
    EXPECT_LT(before, 0.4);
}

TEST(Stoi, NeedsSomeSpeech) {
    EXPECT_FALSE(stoi({}, {}));
    EXPECT_FALSE(stoi(std::vector<float>(second), noise(second, 0.1, 1)));
    const auto enough = noise(second * 45 / 100, 0.1, 1);
    EXPECT_TRUE(stoi(enough, enough));
    const auto little = noise(second * 35 / 100, 0.1, 1);
    EXPECT_FALSE(stoi(little, little));
}

}  // namespace
}  // namespace partyline::metrics
