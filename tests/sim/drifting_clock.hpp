// A sample clock that is wrong by so many parts per million.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "dsp/format.hpp"

namespace partyline::sim {

/// Counts samples from `start` on. Immutable.
class DriftingClock {
public:
    DriftingClock(TimePoint start, double fast_by_ppm)
        : start_(start), rate_(1 + fast_by_ppm * 1e-6) {}

    /// When it has counted so many samples.
    [[nodiscard]] TimePoint at(std::uint64_t samples) const {
        const double seconds = static_cast<double>(samples) / dsp::sample_rate_hz / rate_;
        return start_ +
               std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }

private:
    TimePoint start_;
    double rate_;
};

}  // namespace partyline::sim
