// When the microphone is open.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dsp/format.hpp"

namespace partyline::dsp {

enum class Activation : std::uint8_t {
    voice,  // while somebody speaks
    gate,   // while it is loud enough
    push,   // while a key is pressed
    always,
};

/// Decides frame by frame. What a chain gives is late, so a key that is pressed or let go counts for
/// what was captured then, not for what comes out then. One thread.
class TalkGate {
public:
    static constexpr float threshold_dbfs_min = -90;
    static constexpr float threshold_dbfs_max = 0;
    static constexpr float threshold_dbfs_usual = -45;
    /// An open gate closes so far below its threshold, after so long.
    static constexpr float hysteresis_db = 6;
    static constexpr std::size_t hold_frames = 20;
    /// The latest that a chain may be.
    static constexpr std::size_t late_frames_max = 31;

    void set_activation(Activation activation) { activation_ = activation; }
    /// What is outside is taken as the nearer end.
    void set_threshold(float dbfs);
    void press(bool pressed) { pressed_ = pressed; }

    struct Heard {
        bool voice = false;           // of a talk spurt
        float power = 0;              // the mean square, before any gain
        std::size_t late_frames = 0;  // by which it comes after it was captured
    };
    /// Whether this frame goes out.
    bool next(const Heard& heard);

    /// Whether frames from before the gate opened go out as well. Who presses a key has said from when on
    /// they want to be heard.
    [[nodiscard]] bool wants_pre_roll() const { return activation_ != Activation::push; }

private:
    bool next_by_level(float power);

    Activation activation_ = Activation::always;
    float opens_at_ = 0;  // powers
    float closes_below_ = 0;
    std::size_t held_frames_ = hold_frames;  // since it was last loud
    bool pressed_ = false;
    std::uint32_t presses_ = 0;  // of the last frames, the newest last
};

}  // namespace partyline::dsp
