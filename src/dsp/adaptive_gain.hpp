// Brings every talker to the same level.
#pragma once

#include "dsp/format.hpp"
#include "dsp/limiter.hpp"

namespace partyline::dsp {

/// Learns how loud somebody speaks, from speech alone, and moves the gain slowly to where that becomes
/// `target_dbfs`; between words it stays. What is too loud meanwhile the limiter holds below -1 dBFS. A
/// gain is never so high that the noise between words becomes a nuisance. process() allocates nothing.
/// One thread.
class AdaptiveGain {
public:
    static constexpr float target_dbfs = -20;
    static constexpr float gain_db_min = -20;
    static constexpr float gain_db_max = 35;
    static constexpr float noise_dbfs_max = -50;  // of what is between words, after the gain
    // While somebody speaks.
    static constexpr float rise_db_per_s = 10;
    static constexpr float fall_db_per_s = 30;

    struct Heard {
        bool speech = false;  // in this frame
        float noise = 0;      // the mean square of what is between words
    };

    /// Off: the gain goes to 1 within a frame, and what was learnt is kept.
    void set_on(bool on) { on_ = on; }

    /// In place.
    void process(Frame samples, const Heard& heard);

    /// That the last frame had at its end.
    [[nodiscard]] float gain_db() const;

private:
    void learn(ConstFrame samples);
    void move(float noise);

    Limiter limiter_;
    bool on_ = true;
    float level_ = 0;  // the mean square of speech
    unsigned frames_learnt_ = 0;
    float wanted_db_ = 0;
    float gain_ = 1;
};

}  // namespace partyline::dsp
