// Tells speech from all else, frame by frame.
#pragma once

#include <cstddef>

#include "dsp/format.hpp"
#include "dsp/noise_floor.hpp"

namespace partyline::dsp {

/// A neural network hears what a voice is, but finds some of one in loud steady noise; how loud a frame
/// is above the noise says nothing of keyboards. Speech is what both are sure of. Without a network,
/// loudness decides alone. What is asked about comes after noise suppression and before any gain. One
/// thread.
class VoiceActivity {
public:
    struct Evidence {
        bool network = false;  // whether `voice` means anything
        float voice = 0;       // how probable a voice is
        float power = 0;       // the mean square of the frame
    };

    /// Speech goes on for so long after its last frame: for the quiet ends of words. Gaps between words may be longer,
    /// as PreRoll fills the rest.
    static constexpr std::size_t hang_over_frames = 16;

    /// Whether this frame is of a talk spurt, hang-over included.
    bool next(const Evidence& evidence);
    /// The same of a frame in which a microphone that was off heard nothing: nothing is learnt from it.
    bool pause();
    /// How loud the talker is counts for nothing any more: the microphone is another.
    void forget_level() { voice_level_ = 0; }
    /// Whether the last frame was speech itself: what a level may be learnt from.
    [[nodiscard]] bool speech() const { return frames_since_speech_ == 0; }
    /// The mean square of the noise between words.
    [[nodiscard]] float floor() const;

private:
    [[nodiscard]] bool is_on() const { return frames_since_speech_ <= hang_over_frames; }
    bool runs_in(float power);
    [[nodiscard]] bool sounds_like_speech(const Evidence& evidence) const;
    /// To begin a spurt, for the talker that is known.
    [[nodiscard]] bool is_loud_enough(float power) const;

    static constexpr std::size_t floor_parts = 8;  // 2 s

    NoiseFloor<floor_parts> floor_;
    unsigned frames_of_sound_ = 0;  // since the first that was not silence
    float voice_level_ = 0;         // 0: not known yet
    unsigned likely_frames_ = 0;    // in a row
    std::size_t frames_since_speech_ = hang_over_frames + 1;
};

}  // namespace partyline::dsp
