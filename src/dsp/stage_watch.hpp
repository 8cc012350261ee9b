// Sees to it that a slow stage of the voice chain does not make the voice late.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/clock.hpp"

namespace partyline::dsp {

/// A stage works at a level: from 0, where it is passed by, to what is wanted of it. This counts by how
/// much it takes longer than it may. When it has fallen too far behind it goes down one level at once, and
/// the next one after a rest up again. A level that fails while it is on trial makes the next rest twice as
/// long, so that a machine that is just too slow does not change to and fro all the time. One thread.
class StageWatch {
public:
    static constexpr std::chrono::milliseconds allowed_each_frame{4};
    static constexpr std::chrono::milliseconds behind_max{40};
    static constexpr std::chrono::seconds rest_min{10};
    static constexpr std::chrono::seconds rest_max{160};
    /// For so long a higher level has to do well before it is trusted.
    static constexpr std::chrono::seconds trial{30};

    /// The level to run at now.
    [[nodiscard]] unsigned level(unsigned wanted, TimePoint now) {
        if (wanted > most_ && now >= next_try_) {
            ++most_;
            next_try_ = now + rest_;
            proven_at_ = now + trial;
            on_trial_ = true;
        }
        return std::min(wanted, most_);
    }

    /// It ran at `level`, which is not 0, from `from` to `to`, for one frame.
    void ran(unsigned level, TimePoint from, TimePoint to) {
        if (on_trial_ && to >= proven_at_) {
            on_trial_ = false;
            rest_ = rest_min;
        }
        behind_ = std::max(Duration{}, behind_ + (to - from) - allowed_each_frame);
        if (behind_ > behind_max) {
            lower_below(level, to);
        }
    }

    /// How often it had to go down.
    [[nodiscard]] unsigned times_lowered() const { return times_lowered_; }

private:
    void lower_below(unsigned level, TimePoint now) {
        if (on_trial_) {
            rest_ = std::min<Duration>(2 * rest_, rest_max);
            on_trial_ = false;
        }
        most_ = level - 1;
        next_try_ = now + rest_;
        behind_ = {};
        ++times_lowered_;
    }

    unsigned most_ = std::numeric_limits<unsigned>::max();
    Duration behind_{};
    Duration rest_ = rest_min;
    TimePoint next_try_{};
    TimePoint proven_at_{};
    bool on_trial_ = false;
    unsigned times_lowered_ = 0;
};

}  // namespace partyline::dsp
