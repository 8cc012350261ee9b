// How quiet it becomes between words.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// The least power of late, smoothed over some frames: no voice goes on for `parts` quarters of a second
/// without a gap. A gap is seen to its bottom after a quarter of a second; shorter ones make the noise seem
/// louder than it is. One thread.
template <std::size_t parts>
class NoiseFloor {
public:
    NoiseFloor() { least_.fill(least_now_); }

    /// The mean square of the next frame.
    void follow(float power) {
        smooth_ = heard_anything_ ? smooth_ + smoothing * (power - smooth_) : power;
        heard_anything_ = true;
        least_now_ = std::min(least_now_, smooth_);
        if (++frame_in_part_ == frames_in_part) {
            std::shift_left(least_.begin(), least_.end(), 1);
            least_.back() = least_now_;
            least_now_ = std::numeric_limits<float>::max();
            frame_in_part_ = 0;
        }
    }

    /// The largest number there is before the first frame.
    [[nodiscard]] float least() const {
        return std::min(least_now_, *std::ranges::min_element(least_));
    }

private:
    static constexpr unsigned frames_in_part = 250 / frame_ms;
    static constexpr float smoothing = 0.3F;

    std::array<float, parts> least_;
    float least_now_ = std::numeric_limits<float>::max();
    float smooth_ = 0;
    bool heard_anything_ = false;
    unsigned frame_in_part_ = 0;
};

}  // namespace partyline::dsp
