// The linear half of echo cancelling: an adaptive filter that learns the way from loudspeaker to
// microphone.
#pragma once

#include <memory>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// speexdsp's canceller (MDF: multidelay block frequency domain, Valin 2007), on 16-bit samples. It is
/// always a frame behind in nothing: what goes in comes out. One thread; process() allocates nothing.
class LinearEcho {
public:
    static constexpr std::size_t tail_samples = 25 * frame_samples;  // 250 ms

    LinearEcho();
    ~LinearEcho();

    /// `captured` less what it guesses of `played` in it.
    void process(ConstFrame captured, ConstFrame played, Frame out);
    /// What was captured last, as the filter hears it: of 16 bits, and after a notch at 0 Hz, which takes away what is
    /// below 80 Hz and turns the phase of a voice. Less what process() gave, it is what the filter guesses.
    [[nodiscard]] ConstFrame heard() const;
    void reset();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp
