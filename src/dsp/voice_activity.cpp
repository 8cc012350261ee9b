#include "dsp/voice_activity.hpp"

#include <algorithm>
#include <limits>

namespace partyline::dsp {
namespace {

// Found by trying on recordings; `./run bench audio` and docs/audio.md show what they give.
// A spurt begins with what is surely speech and goes on with what may be.
constexpr float voice_begins_at = 0.85F;
constexpr float voice_goes_on_at = 0.4F;
// Powers against the floor's: 9 dB and 4 dB beside a network, 10 dB and 6 dB alone.
constexpr float above_floor_begins = 8.0F;
constexpr float above_floor_goes_on = 2.5F;
constexpr float above_floor_begins_alone = 10.0F;
constexpr float above_floor_goes_on_alone = 4.0F;
// So far below the talker's usual power nobody begins to speak: 33 dB.
constexpr float below_voice_least = 0.0005F;
// One frame may be a click.
constexpr unsigned frames_to_begin = 2;

constexpr float voice_level_speed = 0.01F;
constexpr float floor_smoothing = 0.3F;
// Quieter than any microphone: -95 dBFS.
constexpr float power_least = 3e-10F;

}  // namespace

VoiceActivity::VoiceActivity() : least_now_(std::numeric_limits<float>::max()) {
    least_.fill(least_now_);
}

float VoiceActivity::floor() const {
    return std::max(power_least, std::min(least_now_, *std::ranges::min_element(least_)));
}

bool VoiceActivity::next(const Evidence& evidence) {
    follow_floor(evidence.power);
    likely_frames_ = sounds_like_speech(evidence) ? likely_frames_ + 1 : 0;
    const bool on = frames_since_speech_ <= hang_over_frames;
    if (likely_frames_ >= (on ? 1 : frames_to_begin)) {
        frames_since_speech_ = 0;
        voice_level_ = voice_level_ <= 0
                           ? evidence.power
                           : voice_level_ + voice_level_speed * (evidence.power - voice_level_);
    } else {
        frames_since_speech_ = std::min(frames_since_speech_ + 1, hang_over_frames + 1);
    }
    return frames_since_speech_ <= hang_over_frames;
}

bool VoiceActivity::sounds_like_speech(const Evidence& evidence) const {
    const bool on = frames_since_speech_ <= hang_over_frames;
    if (!evidence.network) {
        return evidence.power >
               floor() * (on ? above_floor_goes_on_alone : above_floor_begins_alone);
    }
    return evidence.voice > (on ? voice_goes_on_at : voice_begins_at) &&
           evidence.power > floor() * (on ? above_floor_goes_on : above_floor_begins) &&
           (on || evidence.power > below_voice_least * voice_level_);
}

/// The least of the last two seconds: no voice goes on for that long without a gap.
void VoiceActivity::follow_floor(float power) {
    smooth_ = heard_anything_ ? smooth_ + floor_smoothing * (power - smooth_) : power;
    heard_anything_ = true;
    least_now_ = std::min(least_now_, smooth_);
    if (++frame_in_part_ == frames_in_part) {
        std::shift_left(least_.begin(), least_.end(), 1);
        least_.back() = least_now_;
        least_now_ = std::numeric_limits<float>::max();
        frame_in_part_ = 0;
    }
}

}  // namespace partyline::dsp
