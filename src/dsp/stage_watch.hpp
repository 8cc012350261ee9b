// Sees to it that a slow stage of the voice chain does not make the voice late.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"

namespace partyline::dsp {

/// Counts by how much a stage takes longer than it may. One that has fallen too far behind is passed by
/// for a while, then tried again. One thread.
class StageWatch {
public:
    static constexpr std::chrono::milliseconds allowed_each_frame{4};
    static constexpr std::chrono::milliseconds behind_max{40};
    static constexpr std::chrono::seconds rest{10};

    /// Whether the stage is to run now.
    [[nodiscard]] bool may_run(TimePoint now) const { return now >= resting_until_; }

    /// It ran from `from` to `to`, for one frame.
    void ran(TimePoint from, TimePoint to) {
        behind_ = std::max(Duration{}, behind_ + (to - from) - allowed_each_frame);
        if (behind_ > behind_max) {
            behind_ = {};
            resting_until_ = to + rest;
            ++times_passed_by_;
        }
    }

    /// How often it had to be.
    [[nodiscard]] unsigned times_passed_by() const { return times_passed_by_; }

private:
    Duration behind_{};
    TimePoint resting_until_{};
    unsigned times_passed_by_ = 0;
};

}  // namespace partyline::dsp
