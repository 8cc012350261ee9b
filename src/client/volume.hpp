// How loud somebody is to be heard on this machine, as a person sets it.
#pragma once

#include <cmath>

namespace partyline::client {

// In dB, beside what they send: 1 % to 1000 %.
inline constexpr float volume_db_min = -40;
inline constexpr float volume_db_max = 20;

/// Nobody else hears, or hears of it.
struct Volume {
    float gain_db = 0;
    bool muted = false;  // not heard at all; the gain is kept for later

    bool operator==(const Volume&) const = default;
};

inline bool is_in_range(const Volume& volume) {
    return volume.gain_db >= volume_db_min && volume.gain_db <= volume_db_max;  // no NaN is
}

/// As a factor.
inline float gain_of(const Volume& volume) {
    if (volume.muted) {
        return 0;
    }
    return std::fpclassify(volume.gain_db) == FP_ZERO ? 1 : std::pow(10.0F, volume.gain_db / 20);
}

}  // namespace partyline::client
