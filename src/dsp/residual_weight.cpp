#include "dsp/residual_weight.hpp"

#include <algorithm>
#include <cmath>

namespace partyline::dsp {
namespace {

constexpr float follow = 0.3F;
constexpr float power_min = 1e-10F;      // -100 dBFS
constexpr float echo_power_min = 1e-8F;  // -80 dBFS: less is no echo
/// What is left of an echo is believed to sink at once, and to rise slowly: by 3 dB a second, and by 0.5 while somebody
/// talks, as what is left is theirs then.
constexpr float sink = 0.2F;
constexpr float rise_db = 0.03F;
constexpr float rise_talking_db = 0.005F;
/// A filter that leaves more than this cannot be left alone with a talker.
constexpr float leak_db_max = -12;
/// What is louder than what is left of an echo is not sure to be a talker before so much.
constexpr float talker_db_min = 6;
constexpr float talker_db_sure = 14;
/// The suppressor comes back within 10 frames, and goes at once.
constexpr float release = 0.1F;
/// What a room keeps of an echo from one frame to the next: 60 dB in 0.9 s.
constexpr float room_decay = 0.85F;
/// A way that has just changed is loud, too: the guess must be found for some frames in what was
/// captured before somebody is believed to talk, and to be lost clearly before nobody is.
constexpr float likeness_begin = 0.88F;
constexpr float likeness_end = 0.5F;
constexpr unsigned evidence_frames_min = 6;
constexpr unsigned silent_frames_max = 20;
/// Whoever is so much louder than any echo just now talks.
constexpr float louder = 4;
/// 15 dB below what was captured: a guess that is fainter tells nothing.
constexpr float told_share = 0.03F;

}  // namespace

float ResidualWeight::update(ConstFrame captured, ConstFrame linear) {
    float in = 0;
    float echo = 0;
    float left = 0;
    float both = 0;
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const float guess = captured[i] - linear[i];
        in += captured[i] * captured[i];
        echo += guess * guess;
        left += linear[i] * linear[i];
        both += guess * captured[i];
    }
    captured_ += follow * (in / frame_samples - captured_);
    echo_ += follow * (echo / frame_samples - echo_);
    left_ += follow * (left / frame_samples - left_);
    both_ += follow * (both / frame_samples - both_);
    held_ = std::max(held_ * room_decay, echo_);
    const bool drowned = captured_ > louder * held_;
    if (echo_ > echo_power_min) {
        learn(10 * std::log10(std::max(left_, power_min) / echo_), talks_ || drowned);
    }
    const float above_db = talker_db();
    const bool alone = held_ < echo_power_min || drowned;
    const bool masked = leak_db_ < leak_db_max && (alone || somebody_talks(above_db));
    const float sure = (above_db - talker_db_min) / (talker_db_sure - talker_db_min);
    const float wanted = masked ? 1 - std::clamp(sure, 0.0F, 1.0F) : 1.0F;
    weight_ = wanted < weight_ ? wanted : std::min(wanted, weight_ + release);
    return weight_;
}

float ResidualWeight::likeness() const {
    return echo_ > std::max(echo_power_min, told_share * captured_) ? both_ / echo_ : 1.0F;
}

float ResidualWeight::talker_db() const {
    return 10 * std::log10(std::max(left_, power_min) / std::max(held_, power_min)) - leak_db_;
}

bool ResidualWeight::somebody_talks(float above_db) {
    const bool evidence = above_db > talker_db_min;
    if (talks_) {
        silent_frames_ = evidence ? 0 : silent_frames_ + 1;
        talks_ = likeness() > likeness_end && silent_frames_ < silent_frames_max;
        evidence_frames_ = 0;
    } else {
        evidence_frames_ = evidence && likeness() > likeness_begin ? evidence_frames_ + 1 : 0;
        talks_ = evidence_frames_ >= evidence_frames_min;
        silent_frames_ = 0;
    }
    return talks_;
}

void ResidualWeight::learn(float left_db, bool talked_over) {
    const float rise = talked_over ? rise_talking_db : rise_db;
    leak_db_ += left_db < leak_db_ ? sink * (left_db - leak_db_) : rise;
    leak_db_ = std::clamp(leak_db_, -40.0F, 0.0F);
}

}  // namespace partyline::dsp
