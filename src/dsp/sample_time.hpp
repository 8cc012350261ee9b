// Time counted in samples: what media time, arrivals and playout are compared in.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "dsp/format.hpp"

namespace partyline::dsp {

/// A length, or a moment on some clock, in samples of 48 kHz.
using Samples = std::int64_t;

inline constexpr Samples samples_per_ms = sample_rate_hz / 1000;

constexpr Samples to_samples(Duration duration) {
    using Ratio = std::ratio<1, sample_rate_hz>;
    return std::chrono::duration_cast<std::chrono::duration<Samples, Ratio>>(duration).count();
}

constexpr Samples to_samples(TimePoint moment) { return to_samples(moment.time_since_epoch()); }

constexpr Duration to_duration(Samples samples) {
    using Ratio = std::ratio<1, sample_rate_hz>;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<Samples, Ratio>(samples));
}

/// Undoes the wrapping of media times: the newest one kept says where a new one belongs.
class MediaClock {
public:
    [[nodiscard]] Samples unwrap(MediaTime time) const {
        return newest_ + media_distance(static_cast<MediaTime>(newest_), time);
    }
    void keep(Samples unwrapped) { newest_ = unwrapped; }

private:
    Samples newest_ = 0;
};

}  // namespace partyline::dsp
