#include "dsp/talk_gate.hpp"

#include <algorithm>
#include <cmath>

namespace partyline::dsp {

void TalkGate::set_threshold(float dbfs) {
    const float bounded = std::isfinite(dbfs)
                              ? std::clamp(dbfs, threshold_dbfs_min, threshold_dbfs_max)
                              : threshold_dbfs_usual;
    opens_at_ = std::pow(10.0F, bounded / 10);
    closes_below_ = std::pow(10.0F, (bounded - hysteresis_db) / 10);
}

bool TalkGate::next(const Heard& heard) {
    presses_ = (presses_ << 1U) | (pressed_ ? 1U : 0U);
    const bool loud = next_by_level(heard.power);
    switch (activation_) {
        case Activation::voice: return heard.voice;
        case Activation::gate: return loud;
        case Activation::push:
            return ((presses_ >> std::min(heard.late_frames, late_frames_max)) & 1U) != 0;
        case Activation::always: return true;
    }
    return true;
}

bool TalkGate::next_by_level(float power) {
    const bool open = held_frames_ < hold_frames;
    held_frames_ =
        power >= (open ? closes_below_ : opens_at_) ? 0 : std::min(held_frames_ + 1, hold_frames);
    return held_frames_ < hold_frames;
}

}  // namespace partyline::dsp
