// Takes out of the microphone what the loudspeaker plays.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dsp/delay_line.hpp"
#include "dsp/drift_tracker.hpp"
#include "dsp/echo_left.hpp"
#include "dsp/echo_reference.hpp"
#include "dsp/filter_trust.hpp"
#include "dsp/format.hpp"
#include "dsp/linear_echo.hpp"
#include "dsp/loudspeaker_curve.hpp"
#include "dsp/residual_echo.hpp"
#include "dsp/residual_weight.hpp"

namespace partyline::dsp {

struct EchoReport {
    std::optional<unsigned>
        delay_ms;          // from what was played to its echo; nothing before it is known
    double drift_ppm = 0;  // how much faster the loudspeaker's clock runs
    bool linear = false;   // whether the linear stage is trusted at the moment
    unsigned realignments = 0;
};

/// A long linear filter, then AEC3: each alone either leaves echo or takes the talker along
/// (docs/audio.md). One thread, which is not a device's: AEC3 allocates every 10 s (ResidualEcho).
class EchoCanceller {
public:
    static constexpr std::size_t latency_samples = ResidualEcho::latency_samples;

    EchoCanceller() = default;

    /// What the loudspeaker was given, in order; none, one or more for each frame captured.
    void render(ConstFrame played);
    /// In place. `deaf`: the microphone is off, so that nothing is heard of what is played. That is nothing to learn
    /// from: the way is still known when it is on again.
    void process(Frame captured, bool deaf = false);

    /// Of the echo in what process() gave last.
    [[nodiscard]] EchoLeft echo_left() const;

    /// After a pause or a change of devices: nothing learnt holds any more. AEC3 finds its way by itself. Allocates
    /// nothing.
    void reset();
    [[nodiscard]] EchoReport report() const;

private:
    using Samples = std::array<float, frame_samples>;

    void align();
    void read_reference(Samples& played, bool deaf);
    [[nodiscard]] double echo_begins_ms(unsigned delay_ms) const;
    void mix(Frame whole, const Samples& rest, float weight);

    // A way that is lost for longer may not be there any more.
    static constexpr unsigned lost_frames_max = 200;
    // What was played before is out of the filter's sight by then.
    static constexpr unsigned blind_frames = LinearEcho::tail_samples / frame_samples;
    /// An echo may be on its way for so long: until then a microphone that hears nothing need not be off.
    static constexpr unsigned unheard_frames_min = 15;

    // Owned.
    EchoReference reference_;
    DriftTracker drift_;
    LoudspeakerCurve curve_;
    LinearEcho linear_;
    ResidualEcho whole_;  // of what was captured
    ResidualEcho rest_;   // of what the linear filter leaves
    FilterTrust trust_;
    ResidualWeight weight_;
    DelayLine<ResidualEcho::latency_samples> before_rest_;
    unsigned doubt_ = 0;     // frames for which the linear filter is still passed over
    unsigned unheard_ = 0;   // frames of sound while the microphone heard nothing
    unsigned blind_ = 0;     // and for which it does not know all that makes an echo now
    float suppressed_ = 1;   // the suppressors' share in the last sample
    float whole_share_ = 1;  // and of the two the share of `whole_`
    unsigned realignments_ = 0;
    // Since the way was last known.
    unsigned lost_frames_ = lost_frames_max;
};

}  // namespace partyline::dsp
