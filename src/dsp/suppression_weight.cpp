#include "dsp/suppression_weight.hpp"

#include <algorithm>
#include <cmath>

namespace partyline::dsp {
namespace {

// Found by trying on recordings; `./run bench audio` and docs/audio.md show what they give.
constexpr float voice_sure = 0.6F;
constexpr float voice_likely = 0.45F;
constexpr float voice_level_speed = 0.02F;
constexpr float voice_floor = 0.03F;  // of the level: what is below is the end of a word

constexpr float click_least_db = -16;  // against the voice: not yet a click, and surely one
constexpr float click_most_db = -4;
constexpr float click_fall = 0.9F;         // for each frame: a key rings for a while
constexpr float click_trust_alone = 0.5F;  // while no pause has shown a click

constexpr float pause_click_least_db = -25;
constexpr float pause_click_most_db = -10;
constexpr float pause_fall = 0.995F;  // for each frame of a pause
constexpr float pause_fall_at_first = 0.97F;
constexpr float weight_of_clicks = 0.9F;
/// What was taken away is surely more than the rest of an echo when it is louder than all of the echo.
constexpr float echo_share_max = 2;

constexpr float steady_near_db = 5;  // noise below the voice: the full weight, and none
constexpr float steady_far_db = 35;
constexpr float weight_of_steady = 0.5F;

// A voice goes on for so long after it was last likely; for less where somebody types.
constexpr float hold_frames = 20;
constexpr float hold_frames_less = 8;
constexpr float silence_rise = 0.2F;  // for each frame
constexpr float silence_fall = 0.5F;

constexpr float tiny = 1e-12F;
/// -120 dBFS: of a microphone that is off, which tells nothing of the noise.
constexpr float captured_least = 1e-12F;

float decibel(float power) { return 10 * std::log10(power + tiny); }

/// 0 at `from`, 1 at `to`, and never beyond.
float between(float value, float from, float to) {
    return std::clamp((value - from) / (to - from), 0.0F, 1.0F);
}

}  // namespace

SuppressionWeight::SuppressionWeight() { excess_db_.fill(decibel(0)); }

float SuppressionWeight::busy() const { return std::min(1.0F, 1.5F * clicks_in_pauses_); }

float SuppressionWeight::next(const Evidence& evidence) {
    follow_voice(evidence);
    if (evidence.captured > captured_least) {
        floor_.follow(evidence.captured);
    }
    const float excess_db = decibel(evidence.removed_high) - decibel(voice_level_);
    const float trust = click_trust_alone + (1 - click_trust_alone) * busy();
    click_ =
        std::max(trust * between(excess_db, click_least_db, click_most_db), click_fall * click_);
    const bool may_be_echo = evidence.removed_high < echo_share_max * evidence.echo.power;
    follow_clicks(may_be_echo ? decibel(0) : excess_db);
    silence_ = hold_frames_ < 0 ? std::min(1.0F, silence_ + silence_rise)
                                : std::max(0.0F, silence_ - silence_fall);
    const float noise = floor_.least();
    const float steady = weight_of_steady * between(decibel(voice_level_) - decibel(noise),
                                                    steady_far_db, steady_near_db);
    const float doubt = evidence.echo.lost ? 1.0F : busy();
    return std::max({steady, weight_of_clicks * doubt, click_, silence_ * doubt});
}

void SuppressionWeight::follow_voice(const Evidence& evidence) {
    if (evidence.voice > voice_sure && evidence.neural > voice_floor * voice_level_) {
        voice_level_ += voice_level_speed * (evidence.neural - voice_level_);
    }
    const bool likely = evidence.voice > voice_likely;
    frames_since_voice_ = likely ? 0 : frames_since_voice_ + 1;
    hold_frames_ = likely ? hold_frames - hold_frames_less * busy() : hold_frames_ - 1;
}

void SuppressionWeight::follow_clicks(float excess_db) {
    std::shift_left(excess_db_.begin(), excess_db_.end(), 1);
    excess_db_.back() = excess_db;
    if (frames_since_voice_ < 2 * pause_frames) {
        return;
    }
    const float click = between(excess_db_.front(), pause_click_least_db, pause_click_most_db);
    clicks_seen_ = clicks_seen_ || click > 0.3F;
    clicks_in_pauses_ =
        std::max(click, clicks_in_pauses_ * (clicks_seen_ ? pause_fall : pause_fall_at_first));
}

}  // namespace partyline::dsp
