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

/// How things stand on a tick, for the packets that the network does not hold up.
struct DelayState {
    Samples delay = 0;   // from arrival to playout
    Samples slack = 0;   // from arrival to the tick that needs the packet: less than a frame less
    Samples target = 0;  // for the delay
};

/// What to do about a delay that is not as it should be.
struct Correction {
    enum class Kind : std::uint8_t { none, shorten, lengthen };
    Kind kind = Kind::none;
    std::size_t samples_most = 0;
    float likeness_least = 1.0F;
};

/// Leaves the delay alone within a band around its target, so that a steady network is never
/// corrected; once outside, corrects until it is well inside. The further off, the less
/// particular. The band's lower end is about the slack, because that decides which packets come
/// too late; its upper end about the delay, because that is what people notice. One thread.
class DelayControl {
public:
    // Around the target.
    static constexpr Samples slack_below_max = 8 * samples_per_ms;
    static constexpr Samples delay_above_max = 9 * samples_per_ms;
    /// A spurt starts on the first tick on which its delay is at most this much less than the
    /// target. With the band, that leaves 4.5 ms below and 2.5 ms above for clocks read late.
    static constexpr Samples early_start = 7 * samples_per_ms / 2;

    Correction next(const DelayState& state);
    /// The correction that next() asked for has been made.
    void done() { ticks_since_splice_ = 0; }
    void reset() { *this = {}; }

private:
    Correction shorten(const DelayState& state) const;
    Correction lengthen(const DelayState& state) const;
    /// What a splice must be like when the delay is so far off.
    float likeness(Samples distance) const;

    Correction::Kind kind_ = Correction::Kind::none;
    Samples ticks_since_splice_ = 0;
};

}  // namespace partyline::dsp
