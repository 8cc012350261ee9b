// Seeded randomness for simulation, jitter and back-off. Never for keys: those are crypto's.
#pragma once

#include <bit>
#include <cstdint>

namespace partyline {

/// xoshiro256** seeded by splitmix64 (Blackman and Vigna, 2018): the same numbers from the same
/// seed on every platform, which std's distributions do not promise. One thread.
class Random {
public:
    explicit Random(std::uint64_t seed) {
        for (auto& word : state_) {
            seed += 0x9E3779B97F4A7C15U;
            auto z = seed;
            z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
            z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
            word = z ^ (z >> 31U);
        }
    }

    std::uint64_t next() {
        const auto result = std::rotl(state_[1] * 5, 7) * 9;
        const auto shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// Uniform in [0, 1).
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
    /// Uniform in [0, bound); `bound` above zero. The bias for bounds far below 2^64 is negligible.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    /// True with this probability.
    bool chance(double probability) { return uniform() < probability; }

private:
    std::uint64_t state_[4]{};
};

}  // namespace partyline
