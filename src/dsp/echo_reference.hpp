// What the loudspeaker played, to be read as late and as fast as the microphone hears it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// A ring of what was played, and a place in it that moves on with what is captured. The two devices'
/// clocks differ by some parts per million: the place moves by that much faster or slower, between
/// samples (16-tap windowed sinc). Nothing allocates after construction. One thread.
class EchoReference {
public:
    /// The place is at least so far behind the newest sample, because frames come in bursts. An echo
    /// that arrives sooner than this cannot be cancelled (devices take 20 ms at least), so it is
    /// not more: two frames at once never run dry, three do so for half a frame unless some lag is
    /// set, and devices that take three at once have an echo late enough for that.
    static constexpr std::size_t slack_samples = frame_samples * 3 / 2;
    /// How far behind the newest sample the place may be set.
    static constexpr std::size_t lag_samples_max = sample_rate_hz;
    /// Frames in a row that may be missing without doubt about the place: they are late, not lost.
    static constexpr unsigned starved_frames_max = 3;

    EchoReference();

    /// What was played after what was given before.
    void write(ConstFrame played);
    /// The next frame; silence where too little was played.
    void read(Frame out);

    /// Puts the place so far behind the least that it may be, whatever it drifted before. The next
    /// read() begins there.
    void set_lag(std::size_t samples);
    [[nodiscard]] std::size_t wanted_lag() const { return wanted_lag_; }
    /// How far it is now, after all drift: the same before write(), between write() and read(), and
    /// after it, and within a burst too. It is counted from the most that has been written ahead
    /// of reading within the last second.
    [[nodiscard]] double lag_samples() const;

    /// How much faster the loudspeaker's clock runs than the microphone's.
    void set_drift(double ppm) { step_ = 1.0 + ppm * 1e-6; }

    /// How often the place had to be set anew because the two devices came apart.
    [[nodiscard]] unsigned breaks() const { return breaks_; }

    /// Forgets all that was played, the lag, the drift and the breaks.
    void reset();

private:
    static constexpr std::size_t ring_samples = 131'072;  // a power of two, above lag_samples_max
    static constexpr std::size_t taps = 16;
    static constexpr std::size_t phases = 256;
    static constexpr unsigned ahead_reads = 100;

    [[nodiscard]] float at(double position) const;
    [[nodiscard]] bool runs_dry() const;
    [[nodiscard]] bool overrun() const;
    [[nodiscard]] double nearest() const;
    void put(bool anew);
    void count_read();

    std::vector<float> ring_;
    std::vector<std::array<float, taps>> filters_;  // one more than `phases`: to interpolate
    std::uint64_t written_ = ring_samples;          // before the first sample there was silence
    std::uint64_t read_ = 0;                        // as captured, that is without drift
    std::int64_t ahead_ = 0;         // the most that written_ was before read_, of late
    std::int64_t ahead_before_ = 0;  // and in the time before that
    unsigned ahead_age_ = 0;
    double place_ = 0;  // of the next sample to be read
    double step_ = 1;
    std::size_t wanted_lag_ = 0;
    unsigned starved_ = 0;
    bool fresh_ = false;  // something was written since the last read()
    bool anchored_ = false;
    unsigned breaks_ = 0;
};

}  // namespace partyline::dsp
