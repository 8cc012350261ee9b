// The other half of echo cancelling: suppresses what a linear filter cannot take away.
#pragma once

#include <memory>
#include <optional>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// WebRTC's AEC3, from libwebrtc-audio-processing 1.3, with nothing else of it. It finds out by itself
/// how late the echo is, within half a second. One thread.
class ResidualEcho {
public:
    /// How much later its output is (measured: its three bands and blocks of 4 ms).
    static constexpr std::size_t latency_samples = 430;

    ResidualEcho();
    ~ResidualEcho();

    void render(ConstFrame played);
    void process(Frame captured);

    /// How late the echo is against what was played, as it last found; nothing before.
    [[nodiscard]] std::optional<unsigned> delay_ms() const;

    void reset();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp
