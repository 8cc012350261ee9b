// Sounds for the measures' own tests.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/random.hpp"
#include "dsp/format.hpp"

namespace partyline::metrics {

/// Gaussian, of this RMS.
inline std::vector<float> noise(std::size_t count, double rms, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> out(count);
    for (float& sample : out) {
        const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
        sample =
            static_cast<float>(rms * radius * std::cos(2 * std::numbers::pi * random.uniform()));
    }
    return out;
}

/// Noise in syllables, four in a second, with a pause of a second after each two: what the measures
/// take for speech.
inline std::vector<float> babble(std::size_t count, double rms, std::uint64_t seed) {
    auto out = noise(count, rms, seed);
    double before = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double seconds = static_cast<double>(i) / dsp::sample_rate_hz;
        const bool pause = std::fmod(seconds, 3) >= 2;
        const double gain = pause ? 0 : std::pow(std::sin(4 * std::numbers::pi * seconds), 2);
        // Darker than white, as voices are.
        before += 0.2 * (static_cast<double>(out[i]) * gain - before);
        out[i] = static_cast<float>(before);
    }
    return out;
}

inline std::vector<float> sum(const std::vector<float>& a, const std::vector<float>& b,
                              float gain_of_b = 1) {
    std::vector<float> out(a);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] += gain_of_b * b[i];
    }
    return out;
}

inline std::vector<float> scaled(std::vector<float> sound, float gain) {
    for (float& sample : sound) {
        sample *= gain;
    }
    return sound;
}

/// `lag` samples of silence first, and as many less at the end.
inline std::vector<float> delayed(std::vector<float> sound, std::size_t lag) {
    const auto count = sound.size();
    sound.insert(sound.begin(), lag, 0.0F);
    sound.resize(count);
    return sound;
}

inline constexpr std::size_t second = dsp::sample_rate_hz;

}  // namespace partyline::metrics
