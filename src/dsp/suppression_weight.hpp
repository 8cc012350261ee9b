// How much of the neural suppressor is taken, frame by frame: all of it on clicks, little on a clean voice.
#pragma once

#include <array>
#include <cstddef>

#include "dsp/echo_left.hpp"
#include "dsp/noise_floor.hpp"

namespace partyline::dsp {

/// Neural suppressors take keyboards away as nothing else does, but cost a clean voice some of its
/// quiet parts; classical ones are kind to voices and leave clicks. The weight decides between the two,
/// by three questions:
///
/// - How much does the neural one take beyond what the classical one did, above 1.5 kHz, against the
///   level of the voice? Much: a click, now.
/// - Did it do so in the last pauses, too? Then somebody types: pauses are silenced, and clicks believed. What may be
///   left of an echo is no key; where much of one may be left, all that is heard is doubted as if somebody typed.
/// - How far is the steady noise below the voice? The closer, the more of the neural one.
///
/// One thread.
class SuppressionWeight {
public:
    /// The mean squares of one frame, all of the same moment.
    struct Evidence {
        float voice = 0;         // how probable a voice is
        float captured = 0;      // as it came
        float neural = 0;        // what the neural suppressor left
        float removed_high = 0;  // above 1.5 kHz: what it took beyond the classical one
        EchoLeft echo = {};      // of late
    };

    SuppressionWeight();

    /// The neural one's part of this frame, from 0 to 1.
    float next(const Evidence& evidence);
    void reset() { *this = SuppressionWeight(); }

private:
    void follow_voice(const Evidence& evidence);
    void follow_clicks(float excess_db);
    [[nodiscard]] float busy() const;

    // What stands in a pause is believed when it is so many frames from any voice, on both sides.
    static constexpr std::size_t pause_frames = 8;
    static constexpr std::size_t floor_parts = 6;  // 1.5 s

    float voice_level_ = 1e-5F;
    NoiseFloor<floor_parts> floor_;
    std::array<float, pause_frames + 1> excess_db_{};
    std::size_t frames_since_voice_ = 0;
    float hold_frames_ = 0;
    float click_ = 0;
    float silence_ = 1;
    // Noise is expected until pauses have shown that there is none.
    float clicks_in_pauses_ = 0.67F;
    bool clicks_seen_ = false;
};

}  // namespace partyline::dsp
