// What becomes of a voice between the microphone and the codec.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "dsp/adaptive_gain.hpp"
#include "dsp/echo_canceller.hpp"
#include "dsp/format.hpp"
#include "dsp/high_pass.hpp"
#include "dsp/noise_suppressor.hpp"
#include "dsp/stage_watch.hpp"
#include "dsp/talk_gate.hpp"
#include "dsp/voice_activity.hpp"

namespace partyline::dsp {

/// As it comes: nothing is done, and all goes out.
struct ChainSettings {
    bool high_pass = false;
    bool echo = false;
    Suppression noise = Suppression::off;
    float noise_strength = 1;
    bool gain = false;
    Activation activation = Activation::always;
    float gate_dbfs = TalkGate::threshold_dbfs_usual;

    bool operator==(const ChainSettings&) const = default;
};

struct ChainReport {
    std::size_t latency_samples = 0;  // between a frame that comes in and the same that goes out
    float gain_db = 0;
    // Now, as the machine does not keep up with more.
    bool echo_passed_by = false;
    std::optional<Suppression> noise_lowered_to = {};
    unsigned times_lowered = 0;  // either
};

/// High-pass, echo cancelling, noise suppression, adaptive gain, and the decision whether to send. Settings may change
/// at any time, and cross-fade within 10 ms. What voice activity looks at has no gain on it yet, so a gain
/// that moves does not make anybody speak. A microphone that is off, as it gives nothing but zeros, tells nothing of
/// noise, voice and echo: what was learnt of them outlasts it. process() allocates nothing, but for what
/// AEC3 does every 10 s while echo is cancelled (ResidualEcho). One thread.
class CaptureChain {
public:
    /// Below the lowest voice there is only rumble.
    static constexpr double high_pass_hz = 80;

    /// The clock measures what stages take; it outlives the chain.
    explicit CaptureChain(const Clock& clock, const ChainSettings& settings = {});

    void set(const ChainSettings& settings);
    /// The key of Activation::push.
    void press(bool pressed) { gate_.press(pressed); }

    /// What comes next is another microphone's.
    void microphone_changed() {
        activity_.forget_level();
        echo_.reset();
    }
    /// What is rendered next, another loudspeaker plays.
    void loudspeaker_changed() { echo_.reset(); }

    /// What the loudspeaker was given, in order; none, one or more for each frame captured.
    void render(ConstFrame played);
    /// 10 ms in place. True if they are to go out.
    bool process(Frame samples);
    [[nodiscard]] bool wants_pre_roll() const { return gate_.wants_pre_roll(); }

    [[nodiscard]] ChainReport report() const;
    [[nodiscard]] EchoReport echo_report() const { return echo_.report(); }

private:
    /// For so many frames, 32 at most, nothing but zeros was captured.
    [[nodiscard]] std::size_t frames_off() const {
        return static_cast<std::size_t>(std::countr_one(zeros_));
    }
    [[nodiscard]] bool was_off(std::size_t frames_ago) const {
        return ((zeros_ >> frames_ago) & 1U) != 0;
    }
    void pass_high(Frame samples);
    void cancel_echo(Frame samples);
    void hush(Frame samples);
    [[nodiscard]] std::size_t latency_samples() const;
    void suppress(Frame samples);

    // Given.
    const Clock& clock_;

    // Owned.
    HighPass high_pass_;
    EchoCanceller echo_;
    NoiseSuppressor suppressor_;
    VoiceActivity activity_;
    AdaptiveGain gain_;
    TalkGate gate_;
    StageWatch echo_watch_;
    StageWatch noise_watch_;

    ChainSettings settings_;
    bool high_pass_heard_;
    bool echo_runs_;
    bool echo_heard_ = false;
    bool echo_passed_by_ = false;
    bool hushed_ = false;
    std::uint32_t zeros_ = 0;  // whether each of the last frames was that alone, the newest last
    Suppression noise_at_work_ = Suppression::off;
};

}  // namespace partyline::dsp
