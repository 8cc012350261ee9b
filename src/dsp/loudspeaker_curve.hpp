// What a loudspeaker that is driven hard makes of loud sounds.
#pragma once

#include "dsp/format.hpp"

namespace partyline::dsp {

/// A small loudspeaker, or the amplifier before it, flattens what is loud: no linear filter knows that. Where the filter
/// is fed what was played as it is, it guesses too much of an echo while it is loud, and too little while it is quiet.
/// So what the filter leaves tells by how much to flatten what it is fed: by tanh(drive * x) / drive. One thread.
class LoudspeakerCurve {
public:
    /// At less nothing is changed: half of full scale would become 2 % less.
    static constexpr float drive_min = 0.5F;
    static constexpr float drive_max = 20;

    /// What is played becomes what the loudspeaker makes of it.
    void bend(Frame played) const;
    /// What was captured while nobody talked, and what the filter left of it.
    void learn(ConstFrame captured, ConstFrame linear);

    [[nodiscard]] float drive() const { return drive_; }
    void reset() { *this = LoudspeakerCurve(); }

private:
    void take(float echo, float missed);
    void move();

    // Sums over the last second or so: of weights, of levels in dB, and of what the filter misses, as a share of its guess.
    float weight_ = 0;
    float level_ = 0;
    float level_squared_ = 0;
    float missed_ = 0;
    float missed_by_level_ = 0;
    unsigned parts_ = 0;

    float drive_ = drive_min;
};

}  // namespace partyline::dsp
