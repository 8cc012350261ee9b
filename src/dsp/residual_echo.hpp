// The other half of echo cancelling: suppresses what a linear filter cannot take away.
#pragma once

#include <memory>
#include <optional>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// WebRTC's AEC3, from libwebrtc-audio-processing 1.3, with nothing else of it. It finds out by itself
/// how late the echo is, within half a second, and so after any pause: there is no way to make it
/// forget but to make another, which asks for 640 KB in 2,800 pieces.
///
/// Every 10 s it makes the names of statistics that nobody keeps, 37 of up to 60 bytes in four frames
/// one after the other, which it lets go at once: docs/threads.md. Otherwise it allocates nothing. One
/// thread.
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

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp
