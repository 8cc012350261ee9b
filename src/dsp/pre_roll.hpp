// The last frames from before the microphone opened.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// Whoever decides that somebody speaks does so after the first sounds of it. They wait here, and go out
/// in a burst when it is decided. One thread.
class PreRoll {
public:
    using Samples = std::array<float, frame_samples>;
    static constexpr std::size_t frames_max = 20;  // 200 ms

    /// Keeps a frame. True if the oldest had to make room: it goes nowhere.
    bool keep(ConstFrame frame) {
        const bool full = count_ == frames_max;
        if (full) {
            first_ = (first_ + 1) % frames_max;
            --count_;
        }
        std::ranges::copy(frame, frames_[(first_ + count_) % frames_max].begin());
        ++count_;
        return full;
    }

    /// The oldest; nothing when none is left.
    std::optional<Samples> take() {
        if (count_ == 0) {
            return std::nullopt;
        }
        const auto at = first_;
        first_ = (first_ + 1) % frames_max;
        --count_;
        return frames_[at];
    }

    [[nodiscard]] std::size_t size() const { return count_; }

private:
    std::array<Samples, frames_max> frames_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace partyline::dsp
