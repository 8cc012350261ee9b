#include "dsp/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace partyline::dsp {
namespace {

// Within a frame the gain is a line from knot to knot, half a millisecond apart.
constexpr std::size_t block_samples = 24;
constexpr std::size_t blocks = frame_samples / block_samples;
static_assert(blocks * block_samples == frame_samples);

// From silence to full within 100 ms: 200 knots.
constexpr float release_per_block = 1.0F / 200.0F;
// Ahead of a peak the gain falls by at most this from knot to knot, so that it does not click.
constexpr float attack_per_block = 0.1F;

float peak_of(std::span<const float> samples) {
    float peak = 0.0F;
    for (const float sample : samples) {
        peak = std::max(peak, std::abs(sample));
    }
    return peak;
}

/// The highest gain at which `peak` stays within the ceiling.
float gain_for(float peak) { return peak > Limiter::ceiling ? Limiter::ceiling / peak : 1.0F; }

using Knots = std::array<float, blocks + 1>;

/// The gain at each knot: as high as the blocks on both sides allow, falling ahead of peaks and
/// rising slowly after them. The first knot goes on from the frame before, whatever comes.
Knots shape(ConstFrame samples, float gain_before) {
    Knots knots;
    knots.fill(1.0F);
    for (std::size_t block = 0; block < blocks; ++block) {
        const float allowed =
            gain_for(peak_of(samples.subspan(block * block_samples, block_samples)));
        knots[block] = std::min(knots[block], allowed);
        knots[block + 1] = std::min(knots[block + 1], allowed);
    }
    for (std::size_t knot = blocks; knot-- > 0;) {
        knots[knot] = std::min(knots[knot], knots[knot + 1] + attack_per_block);
    }
    knots[0] = gain_before;
    for (std::size_t knot = 1; knot <= blocks; ++knot) {
        knots[knot] = std::min(knots[knot], knots[knot - 1] + release_per_block);
    }
    return knots;
}

}  // namespace

void Limiter::process(Frame samples) {
    for (float& sample : samples) {
        if (!std::isfinite(sample)) {
            sample = 0.0F;
        }
    }
    if (gain_ >= 1.0F && peak_of(samples) <= ceiling) {
        return;
    }
    const auto knots = shape(samples, gain_);
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const auto block = i / block_samples;
        const auto along =
            static_cast<float>(i % block_samples) / static_cast<float>(block_samples);
        const float gain = knots[block] + (knots[block + 1] - knots[block]) * along;
        // The clamp bites only in the first half millisecond of a frame that starts too loud.
        samples[i] = std::clamp(samples[i] * gain, -ceiling, ceiling);
    }
    gain_ = knots[blocks];
}

}  // namespace partyline::dsp
