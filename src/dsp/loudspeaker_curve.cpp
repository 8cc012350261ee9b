#include "dsp/loudspeaker_curve.hpp"

#include <algorithm>
#include <cmath>

namespace partyline::dsp {
namespace {

// A frame has loud and quiet parts: 2.5 ms each.
constexpr std::size_t part_samples = frame_samples / 4;
/// A quieter echo tells nothing: -70 dBFS.
constexpr float echo_power_min = 1e-7F;
/// Of each part: a memory of 0.8 s.
constexpr float forget = 0.997F;
/// Half a second of echo before anything is believed.
constexpr unsigned parts_min = 200;
/// The share of its guess that the filter misses falls with the guess's level where too little is flattened: by so much
/// for each dB the drive grows in each frame, and by 2 % at most.
constexpr float step_max = 0.02F;
/// So small a slope is none: a loudspeaker that flattens nothing is left alone.
constexpr float slope_of_none = 0.001F;

/// tanh(x) to within 3 %, and cheap.
float flattened(float x) {
    const float inside = std::clamp(x, -3.0F, 3.0F);
    const float square = inside * inside;
    return inside * (27 + square) / (27 + 9 * square);
}

}  // namespace

void LoudspeakerCurve::bend(Frame played) const {
    if (drive_ <= drive_min) {
        return;
    }
    for (float& sample : played) {
        sample = flattened(drive_ * sample) / drive_;
    }
}

void LoudspeakerCurve::learn(ConstFrame captured, ConstFrame linear) {
    bool heard_any = false;
    for (std::size_t from = 0; from < frame_samples; from += part_samples) {
        float echo = 0;
        float missed = 0;
        for (std::size_t i = from; i < from + part_samples; ++i) {
            const float guess = captured[i] - linear[i];
            echo += guess * guess;
            missed += guess * linear[i];
        }
        // Beyond full scale nothing is played.
        if (echo > echo_power_min * part_samples && echo < part_samples) {
            take(echo / part_samples, std::clamp(missed / echo, -1.0F, 1.0F));
            heard_any = true;
        }
    }
    if (heard_any) {
        move();
    }
}

void LoudspeakerCurve::take(float echo, float missed) {
    const float level_db = 10 * std::log10(echo);
    const float weight = std::sqrt(echo);
    weight_ = forget * weight_ + weight;
    level_ = forget * level_ + weight * level_db;
    level_squared_ = forget * level_squared_ + weight * level_db * level_db;
    missed_ = forget * missed_ + weight * missed;
    missed_by_level_ = forget * missed_by_level_ + weight * missed * level_db;
    parts_ = std::min(parts_ + 1, parts_min);
}

/// By the slope of the line through what is missed at each level.
void LoudspeakerCurve::move() {
    if (parts_ < parts_min) {
        return;
    }
    const float spread = level_squared_ - level_ * level_ / weight_;
    const float slope = spread > 0 ? (missed_by_level_ - missed_ * level_ / weight_) / spread : 0;
    const float step = std::clamp(-(slope + slope_of_none), -step_max, step_max);
    drive_ = std::clamp(drive_ * std::exp(step), drive_min, drive_max);
}

}  // namespace partyline::dsp
