// How far everybody else steps back while somebody speaks who is to be heard above others.
#pragma once

#include <algorithm>
#include <cmath>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// The gain of all but the priority speakers. Pauses between words are waited out. One thread.
class Ducker {
public:
    /// So much quieter are the others: still to be heard, and no rival.
    static constexpr float depth_db = 15.0F;
    static constexpr float attack_db_per_ms =
        0.3F;  // down within 50 ms: before the first word is over
    static constexpr float release_db_per_ms = 0.02F;  // up again within 750 ms
    static constexpr unsigned hold_ms = 400;

    /// Once for each frame: the gain at its end.
    float next(bool priority_speaks) {
        constexpr auto ms = static_cast<float>(frame_ms);
        if (priority_speaks) {
            hold_left_ms_ = hold_ms;
            down_db_ = std::min(depth_db, down_db_ + attack_db_per_ms * ms);
        } else if (hold_left_ms_ > 0) {
            hold_left_ms_ -= std::min(hold_left_ms_, frame_ms);
        } else {
            down_db_ = std::max(0.0F, down_db_ - release_db_per_ms * ms);
        }
        return down_db_ <= 0.0F ? 1.0F : std::pow(10.0F, -down_db_ / 20.0F);
    }

private:
    float down_db_ = 0.0F;
    unsigned hold_left_ms_ = 0;
};

}  // namespace partyline::dsp
