// How loud sound is, and where in it somebody speaks. All sound here is 48 kHz, mono, full scale 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace partyline::metrics {

/// Part of a sound, in samples: from `begin` up to, not including, `end`.
struct Window {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// `window` of `sound`, or what of it there is.
std::span<const float> cut(std::span<const float> sound, Window window);

double decibel(double power_ratio);

/// The mean square; 0 for nothing.
double power(std::span<const float> sound);

/// The mean power in dB of full scale; -120 at least.
double level_dbfs(std::span<const float> sound);

/// The level of those 10 ms frames that are at most 35 dB below the loudest one: of speech without
/// its pauses.
double active_level_dbfs(std::span<const float> sound);

/// The largest sample, in dB of full scale; -120 at least.
double peak_dbfs(std::span<const float> sound);

/// What a 10 ms frame of a clean recording is.
enum class Activity : std::uint8_t {
    speech,
    pause,  // at least 200 ms away from any speech
    edge,   // between the two: neither decision about it is wrong
};

/// One entry for each whole 10 ms frame. Speech is what is at most 45 dB below the loudest frame.
std::vector<Activity> activity(std::span<const float> clean);

/// The mean power of the frames of `sound` that are `wanted`; 0 if there are none. The sound may lag
/// behind the recording by `lag_samples`.
double power_where(std::span<const float> sound, std::span<const Activity> frames, Activity wanted,
                   std::size_t lag_samples = 0);

/// What remains between `low_hz` and `high_hz`: second-order Butterworth at both ends.
std::vector<float> band_limited(std::span<const float> sound, double low_hz = 150,
                                double high_hz = 8000);

}  // namespace partyline::metrics
