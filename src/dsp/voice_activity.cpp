#include "dsp/voice_activity.hpp"

#include <algorithm>

namespace partyline::dsp {
namespace {

// Found by trying on recordings; `./run bench audio` and docs/audio.md show what they give.
// A spurt begins with what is surely speech and goes on with what may be.
constexpr float voice_begins_at = 0.7F;
constexpr float voice_goes_on_at = 0.4F;
// Powers against the floor's: 9 dB and 4 dB beside a network, 10 dB and 6 dB alone.
constexpr float above_floor_begins = 8.0F;
constexpr float above_floor_goes_on = 2.5F;
constexpr float above_floor_begins_alone = 10.0F;
constexpr float above_floor_goes_on_alone = 4.0F;
// So far below the talker's usual power nobody begins to speak: 33 dB.
constexpr float below_voice_least = 0.0005F;
// What the network takes for a voice all the same makes the usual power sink, by 1 dB in a second of it: a microphone
// may have been turned down, or the loudest there was have been a shout.
constexpr float faint_voice_sinks_by = 0.9977F;
// One frame may be a click.
constexpr unsigned frames_to_begin = 2;

// What comes before is late: at first there is silence, then filters let the sound in. Were that noise between words,
// any fan would be 50 dB louder than it, for as long as a floor remembers.
constexpr unsigned frames_to_run_in = 5;

constexpr float voice_level_speed = 0.01F;
// Quieter than any microphone: -95 dBFS.
constexpr float power_least = 3e-10F;

}  // namespace

float VoiceActivity::floor() const {
    const bool known = frames_of_sound_ >= frames_to_run_in;
    return known ? std::max(power_least, floor_.least()) : power_least;
}

bool VoiceActivity::next(const Evidence& evidence) {
    if (runs_in(evidence.power)) {
        return false;
    }
    floor_.follow(evidence.power);
    const bool on = is_on();
    const bool likely = sounds_like_speech(evidence);
    const bool faint = likely && evidence.network && !on && !is_loud_enough(evidence.power);
    if (faint) {
        voice_level_ *= faint_voice_sinks_by;
    }
    likely_frames_ = likely && !faint ? likely_frames_ + 1 : 0;
    if (likely_frames_ >= (on ? 1 : frames_to_begin)) {
        frames_since_speech_ = 0;
        voice_level_ = voice_level_ <= 0
                           ? evidence.power
                           : voice_level_ + voice_level_speed * (evidence.power - voice_level_);
    } else {
        frames_since_speech_ = std::min(frames_since_speech_ + 1, hang_over_frames + 1);
    }
    return is_on();
}

bool VoiceActivity::pause() {
    likely_frames_ = 0;
    frames_since_speech_ = std::min(frames_since_speech_ + 1, hang_over_frames + 1);
    return is_on();
}

bool VoiceActivity::runs_in(float power) {
    if (frames_of_sound_ >= frames_to_run_in) {
        return false;
    }
    frames_of_sound_ += frames_of_sound_ > 0 || power > 0 ? 1U : 0U;
    return true;
}

bool VoiceActivity::sounds_like_speech(const Evidence& evidence) const {
    const bool on = is_on();
    if (!evidence.network) {
        return evidence.power >
               floor() * (on ? above_floor_goes_on_alone : above_floor_begins_alone);
    }
    return evidence.voice > (on ? voice_goes_on_at : voice_begins_at) &&
           evidence.power > floor() * (on ? above_floor_goes_on : above_floor_begins);
}

bool VoiceActivity::is_loud_enough(float power) const {
    return power > below_voice_least * voice_level_;
}

}  // namespace partyline::dsp
