// Every bound that this folder keeps, in one place.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "dsp/format.hpp"

namespace partyline::dsp {

inline constexpr unsigned bitrate_bps_min = 6'000;
inline constexpr unsigned bitrate_bps_max = 128'000;

// What one speaker's playout may hold. Beyond it the oldest goes: the newest is what counts.
inline constexpr std::size_t buffered_packets_max = 100;
inline constexpr std::int32_t buffered_samples_max = sample_rate_hz;  // of media time: 1 s

// The jitter buffer's aim.
inline constexpr std::chrono::milliseconds delay_target_min{10};
inline constexpr std::chrono::milliseconds delay_target_max{400};

/// The longest hole that is filled with invented sound, fading out; after it, silence.
inline constexpr std::size_t concealed_samples_max = 10 * frame_samples;

/// So many packets in a row from before what was played are no stragglers: the speaker's clock was
/// set back, and its new time is believed.
inline constexpr unsigned late_packets_before_restart = 10;

// Pitch periods that time-scale modification looks for: voices from 400 Hz down to 80 Hz.
inline constexpr std::size_t splice_samples_min = 120;
inline constexpr std::size_t splice_samples_max = 600;

inline constexpr unsigned resampler_rate_hz_min = 1'000;
inline constexpr unsigned resampler_rate_hz_max = 768'000;

static_assert(buffered_packets_max * frame_samples >= buffered_samples_max);
static_assert(delay_target_max.count() * (sample_rate_hz / 1000) < buffered_samples_max);
static_assert(concealed_samples_max < buffered_samples_max);

}  // namespace partyline::dsp
