// Every bound of this folder in one place.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

inline constexpr std::chrono::milliseconds period{dsp::frame_ms};

/// How long so many periods last.
constexpr Duration periods(std::uint64_t count) {
    return period * static_cast<std::int64_t>(count);
}

/// How long so many samples last.
constexpr Duration length_of(std::size_t samples) {
    return periods(samples) / static_cast<std::int64_t>(dsp::frame_samples);
}

// Files
inline constexpr int file_channels_max = 64;
inline constexpr int file_rate_hz_min = 4'000;
inline constexpr int file_rate_hz_max = 384'000;
/// What may wait for a slow disk before a recording has a hole: 5 s.
inline constexpr std::size_t recording_queue_samples = 5 * std::size_t{dsp::sample_rate_hz};
/// How often a recording is made readable as it stands, should the program be killed.
inline constexpr std::chrono::milliseconds recording_flush_period{250};
/// Of all channels: a .wav file counts its bytes in 32 bits.
inline constexpr std::uint64_t recording_samples_max = 0xFFFF'0000U / sizeof(float);

// Devices
/// All are opened in stereo: the sound system makes that of a device that is mono.
inline constexpr std::size_t device_channels = 2;
/// What a device's ring holds at most of each channel, should its reader be stalled.
inline constexpr std::size_t device_ring_samples = 16'384;
static_assert(device_ring_samples >= 8 * dsp::frame_samples);
/// A device that calls back no more has vanished, whatever its backend says.
inline constexpr std::chrono::milliseconds device_silent_max{500};
/// The first callback may take longer: PulseAudio wakes suspended devices first.
inline constexpr std::chrono::milliseconds device_first_callback_max{3'000};
/// A chosen device that can be opened, but does not run, is left alone for so long, and each time for twice as long.
inline constexpr std::chrono::milliseconds device_rest_min{4'000};
inline constexpr std::chrono::milliseconds device_rest_max{256'000};
/// What has run for so long begins anew with that.
inline constexpr std::chrono::milliseconds device_trusted_after{2'000};
static_assert(device_rest_min > device_first_callback_max);
/// A device that runs this many times too fast keeps no time at all (ALSA's null device).
inline constexpr std::uint64_t device_rate_factor_max = 4;
/// How long a reader waits beyond a frame's time before it takes the device for stalled and goes on
/// with silence.
inline constexpr std::chrono::milliseconds device_stall_max{60};
/// How far before the callback that needs it a frame is handed over: as little as goes well.
inline constexpr std::chrono::milliseconds device_lead_min{3};
inline constexpr std::chrono::milliseconds device_lead_max{20};
/// Frames that may wait for playback: as many as come due before a device counts as stalled. One with a period of
/// 2048 samples wants five at once.
inline constexpr std::size_t device_frames_ahead_max = 8;
static_assert(device_stall_max + device_lead_max <= periods(device_frames_ahead_max));
static_assert(device_frames_ahead_max * dsp::frame_samples <= device_ring_samples);
static_assert(device_silent_max < device_first_callback_max);

}  // namespace partyline::audio
