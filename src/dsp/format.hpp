// The one format of audio inside Partyline: 48 kHz, mono, float, full scale ±1, frames of 10 ms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace partyline::dsp {

inline constexpr unsigned sample_rate_hz = 48'000;
inline constexpr std::size_t frame_samples = 480;  // 10 ms
inline constexpr unsigned frame_ms = 10;
inline constexpr std::size_t packet_samples_max = 960;  // 20 ms, in rooms above 25 listeners
inline constexpr std::size_t opus_bytes_max = 1000;  // fits a datagram with all that is around it

using Frame = std::span<float, frame_samples>;
using ConstFrame = std::span<const float, frame_samples>;

/// A moment on a speaker's own sample clock. Wraps after a day; subtract with media_distance().
using MediaTime = std::uint32_t;

/// Samples from `from` to `to`, negative when `to` is earlier.
constexpr std::int32_t media_distance(MediaTime from, MediaTime to) {
    return static_cast<std::int32_t>(to - from);
}

}  // namespace partyline::dsp
