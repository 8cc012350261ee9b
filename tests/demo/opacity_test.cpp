#include "demo/opacity.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace partyline::demo {
namespace {

Bytes noise(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    Bytes out(count);
    for (auto& byte : out) {
        byte = static_cast<std::byte>(random.below(256));
    }
    return out;
}

TEST(Opacity, NoiseIsEven) {
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
        const auto bytes = noise(100'000, seed);
        EXPECT_LT(std::abs(chi_squared_deviations({bytes})), 5);
        EXPECT_GT(entropy_bits({bytes}), 7.99);
        EXPECT_EQ(repeated_runs({bytes}), 0U);
    }
}

TEST(Opacity, WhatIsNotNoiseShows) {
    // One bit in eight bytes that is set a little too often.
    auto biased = noise(100'000, 6);
    Random random(7);
    for (std::size_t i = 0; i < biased.size(); i += 8) {
        if (random.chance(0.5)) {
            biased[i] |= std::byte{1};
        }
    }
    EXPECT_GT(chi_squared_deviations({biased}), 5);
    EXPECT_LT(entropy_bits({as_bytes("abababababab")}), 1.01);
}

TEST(Opacity, RepetitionsAreCountedAcrossPieces) {
    const auto first = noise(100, 8);
    const auto second = noise(100, 9);
    auto third = noise(100, 10);
    EXPECT_EQ(repeated_runs({first, second, third}), 0U);
    std::copy_n(first.begin() + 20, 10, third.begin() + 50);
    EXPECT_EQ(repeated_runs({first, second, third}), 3U) << "10 bytes are 3 runs of 8";
    EXPECT_EQ(repeated_runs({third}, {first}), 3U);
    EXPECT_EQ(repeated_runs({}, {first, first}), 0U) << "what is known may repeat itself";
}

}  // namespace
}  // namespace partyline::demo
