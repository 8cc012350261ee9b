// When to play faster or slower so that the delay stays near its target.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dsp/sample_time.hpp"

namespace partyline::dsp {

/// Gives the time of each tick as it would be without the wake-up jitter of the thread that pulls:
/// of the last 160 ms the earliest, on an even grid. One thread.
class PullClock {
public:
    /// For the pull at `now`; at or before `now`.
    Samples tick(Samples now);

private:
    static constexpr std::size_t ticks_remembered = 16;
    // Ahead of the grid by more: somebody has not pulled for a while.
    static constexpr Samples pause = 50 * samples_per_ms;

    std::array<Samples, ticks_remembered> offsets_{};  // from the grid
    Samples grid_ = 0;
    std::size_t ticks_ = 0;
};

/// What to do on a tick about a delay that is not as it should be.
struct Correction {
    enum class Kind : std::uint8_t { none, shorten, lengthen };
    Kind kind = Kind::none;
    std::size_t samples_most = 0;
    float likeness_least = 1.0F;
};

/// Leaves the delay alone within a band around its target, so that a steady network is never
/// corrected; once outside, corrects until it is near. The further off, the less particular. One
/// thread.
class DelayControl {
public:
    /// A spurt starts when its first sample would be early by at most this. With the band that
    /// leaves 4.5 ms below and 2.5 ms above for a clock that is read late.
    static constexpr Samples early_start = 7 * samples_per_ms / 2;

    Correction next(Samples delay, Samples target);
    /// The correction that next() asked for has been made.
    void done() { ticks_since_splice_ = 0; }
    void reset() { *this = {}; }

private:
    Correction::Kind kind_ = Correction::Kind::none;
    Samples ticks_since_splice_ = 0;
};

}  // namespace partyline::dsp
