#include "dsp/filter_trust.hpp"

#include <algorithm>

namespace partyline::dsp {
namespace {

/// How fast the levels follow: a time constant of 5 frames.
constexpr float follow = 0.2F;
/// Below this what was played makes no echo that one could judge by.
constexpr float played_power_min = 1e-6F;  // -60 dBFS
/// Nor can one judge by what drowns in a microphone's own noise.
constexpr float captured_power_min = 1e-5F;  // -50 dBFS
/// A filter that is right takes 7 dB away, as long as nobody talks.
constexpr float good_ratio_max = 0.2F;
constexpr unsigned good_frames_min = 10;
/// One that is wrong adds; whoever talks meanwhile adds to both.
constexpr float bad_ratio_min = 1.2F;
constexpr unsigned bad_frames_min = 5;

float power(ConstFrame samples) {
    float sum = 0;
    for (const float sample : samples) {
        sum += sample * sample;
    }
    return sum / frame_samples;
}

}  // namespace

FilterTrust::Verdict FilterTrust::judge(ConstFrame captured, ConstFrame played,
                                        ConstFrame filtered) {
    const bool audible = power(played) > played_power_min;
    captured_ += follow * (power(captured) - captured_);
    filtered_ += follow * (power(filtered) - filtered_);
    if (audible && captured_ > captured_power_min) {
        good_frames_ = filtered_ < good_ratio_max * captured_ ? good_frames_ + 1 : 0;
        bad_frames_ = filtered_ > bad_ratio_min * captured_ ? bad_frames_ + 1 : 0;
    }
    if (!trusted_ && good_frames_ >= good_frames_min) {
        trusted_ = true;
    } else if (bad_frames_ >= bad_frames_min) {
        bad_frames_ = 0;
        trusted_ = false;
        return Verdict::wrong;
    }
    return trusted_ ? Verdict::trusted : Verdict::doubted;
}

}  // namespace partyline::dsp
