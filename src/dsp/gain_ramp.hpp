// How loud one voice is in the mix, changed without a click.
#pragma once

#include <cmath>
#include <cstddef>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// The gain of one voice: from frame to frame it goes in a line to wherever it is to be. One thread.
class GainRamp {
public:
    /// Adds the voice to the mix, at `target` at the end of the frame. At full volume bit for bit.
    void mix(ConstFrame voice, float target, Frame into) {
        const float from = gain_;
        gain_ = target;
        if (is_full(from) && is_full(target)) {
            for (std::size_t i = 0; i < frame_samples; ++i) {
                into[i] += voice[i];
            }
            return;
        }
        const float step = (target - from) / static_cast<float>(frame_samples);
        for (std::size_t i = 0; i < frame_samples; ++i) {
            into[i] += voice[i] * (from + step * static_cast<float>(i + 1));
        }
    }
    /// The voice is alone: it is made so loud itself.
    void apply(Frame voice, float target) {
        const float from = gain_;
        gain_ = target;
        if (is_full(from) && is_full(target)) {
            return;
        }
        const float step = (target - from) / static_cast<float>(frame_samples);
        for (std::size_t i = 0; i < frame_samples; ++i) {
            voice[i] *= from + step * static_cast<float>(i + 1);
        }
    }
    /// Nothing is heard now, so that nothing can click.
    void jump(float target) { gain_ = target; }
    /// At the end of the last frame.
    [[nodiscard]] float gain() const { return gain_; }

private:
    static bool is_full(float gain) { return std::fpclassify(gain - 1.0F) == FP_ZERO; }

    float gain_ = 1.0F;
};

}  // namespace partyline::dsp
