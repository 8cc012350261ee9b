// The clock of a loudspeaker that is not there: files and "none" are played at its pace.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace partyline::audio {

/// Behaves as a device with 10 ms periods does: while one period is played the next is handed over,
/// so a frame is heard one period after it was due, and a frame that comes later than that leaves a
/// hole which the device fills with silence. Owned by a sink; [voice-down] unless marked.
class PlayoutClock {
public:
    /// When to hand over the next frame. The first call starts the clock, and is due at once. Of one that is late by now
    /// it is the period in which it still comes in time: those before that are silent.
    TimePoint due(TimePoint now);
    /// Counts one frame handed over, and says how many periods of silence were played before it
    /// because it was late.
    std::uint64_t hand_over(TimePoint now);
    /// What is missing before the next frame is no underrun: nobody was there to hand it over.
    void rest() { resting_ = true; }

    /// [any] When the first frame is heard; zero before the first due().
    [[nodiscard]] TimePoint started() const;
    /// [any] All silence so far that hand_over() told of, but for that of a rest.
    [[nodiscard]] std::uint64_t underruns() const {
        return underruns_.load(std::memory_order_relaxed);
    }

private:
    [[nodiscard]] TimePoint start() const;
    /// So many periods of silence come before the next frame, if it is handed over now.
    [[nodiscard]] std::uint64_t missed(TimePoint now) const;

    std::atomic<Duration::rep> start_{0};  // of the clock; 0: not yet
    std::uint64_t periods_ = 0;            // handed over or filled so far
    bool resting_ = false;
    std::atomic<std::uint64_t> underruns_{0};
};

}  // namespace partyline::audio
