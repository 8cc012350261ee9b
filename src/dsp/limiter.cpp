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

using Peaks = std::array<float, blocks>;

Peaks peaks_of(ConstFrame samples) {
    Peaks peaks{};
    for (std::size_t block = 0; block < blocks; ++block) {
        peaks[block] = peak_of(samples.subspan(block * block_samples, block_samples));
    }
    return peaks;
}

/// The louder of left and right is as loud as both of these together.
Peaks peaks_of(ConstFrame mid, ConstFrame side) {
    Peaks peaks{};
    for (std::size_t i = 0; i < frame_samples; ++i) {
        auto& peak = peaks[i / block_samples];
        peak = std::max(peak, std::abs(mid[i]) + std::abs(side[i]));
    }
    return peaks;
}

void drop_what_is_no_number(Frame samples) {
    for (float& sample : samples) {
        if (!std::isfinite(sample)) {
            sample = 0.0F;
        }
    }
}

/// The gain at each knot: as high as the blocks on both sides allow, falling ahead of peaks and
/// rising slowly after them. The first knot goes on from the frame before, whatever comes.
Knots shape(const Peaks& peaks, float gain_before) {
    Knots knots;
    knots.fill(1.0F);
    for (std::size_t block = 0; block < blocks; ++block) {
        const float allowed = gain_for(peaks[block]);
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

float gain_at(const Knots& knots, std::size_t sample) {
    const auto block = sample / block_samples;
    const auto along =
        static_cast<float>(sample % block_samples) / static_cast<float>(block_samples);
    return knots[block] + (knots[block + 1] - knots[block]) * along;
}

}  // namespace

void Limiter::process(Frame mid, Frame side) {
    drop_what_is_no_number(mid);
    drop_what_is_no_number(side);
    const auto peaks = peaks_of(mid, side);
    if (gain_ >= 1.0F && std::ranges::max(peaks) <= ceiling) {
        return;
    }
    const auto knots = shape(peaks, gain_);
    for (std::size_t i = 0; i < frame_samples; ++i) {
        // As the clamp below.
        const float gain =
            std::min(gain_at(knots, i), gain_for(std::abs(mid[i]) + std::abs(side[i])));
        mid[i] *= gain;
        side[i] *= gain;
    }
    gain_ = knots[blocks];
}

void Limiter::process(Frame samples) {
    drop_what_is_no_number(samples);
    if (gain_ >= 1.0F && peak_of(samples) <= ceiling) {
        return;
    }
    const auto knots = shape(peaks_of(samples), gain_);
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const float gain = gain_at(knots, i);
        // The clamp bites only in the first half millisecond of a frame that starts too loud.
        samples[i] = std::clamp(samples[i] * gain, -ceiling, ceiling);
    }
    gain_ = knots[blocks];
}

}  // namespace partyline::dsp
