// How much of a residual echo suppressor is asked for.
#pragma once

#include "dsp/format.hpp"

namespace partyline::dsp {

/// A suppressor that takes away the last of an echo takes away of the talker too. While somebody talks
/// over an echo that the linear filter has made quiet, the talker masks it: then the suppressor can be
/// left out. Knows by how much the filter makes echo quieter from the moments when nobody talks, and
/// takes what is louder than that for a talker, as long as the filter's guess is found in what was
/// captured: a way that has changed is loud too. One thread.
class ResidualWeight {
public:
    /// What the linear filter heard, and what it left of that. From 0, nothing of the suppressor, to 1.
    float update(ConstFrame captured, ConstFrame linear);
    /// How much of the filter's guess is found in what was captured: about 1 if it knows the way, 0 if
    /// it does not; 1, too, where the guess is so faint that nothing could be told.
    [[nodiscard]] float likeness() const;
    /// The loudest that an echo may be now, before anything of it was taken away: the mean square of the filter's guess.
    [[nodiscard]] float echo() const { return held_; }
    void reset() { *this = ResidualWeight(); }

private:
    void learn(float left_db, bool talked_over);
    bool somebody_talks(float talker_db);
    [[nodiscard]] float talker_db() const;

    // Mean squares, forgetting.
    float captured_ = 0;
    float echo_ = 0;  // as the filter guesses it
    float left_ = 0;
    float both_ = 0;  // guess times captured
    float held_ = 0;  // the loudest guess, fading as a room does

    float leak_db_ = 0;  // what is left of an echo, as far as is known
    unsigned evidence_frames_ = 0;
    unsigned silent_frames_ = 0;
    bool talks_ = false;
    float weight_ = 1;
};

}  // namespace partyline::dsp
