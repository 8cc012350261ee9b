// The last frames, to be read late.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// Holds enough to read a whole frame that is `delay_samples_max` late. One thread.
template <std::size_t delay_samples_max>
class DelayLine {
public:
    void push(ConstFrame samples) {
        std::shift_left(samples_.begin(), samples_.end(), frame_samples);
        std::ranges::copy(samples, samples_.end() - frame_samples);
    }

    /// The newest frame as it was `delay_samples` ago. Good until the next push().
    [[nodiscard]] ConstFrame late(std::size_t delay_samples) const {
        assert(delay_samples <= delay_samples_max);
        return ConstFrame(samples_.data() + (delay_samples_max - delay_samples), frame_samples);
    }

    void reset() { samples_.fill(0.0F); }

private:
    std::array<float, delay_samples_max + frame_samples> samples_{};
};

}  // namespace partyline::dsp
