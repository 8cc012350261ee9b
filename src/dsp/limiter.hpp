// Keeps the mix of many voices below full scale without a crackle.
#pragma once

#include "dsp/format.hpp"

namespace partyline::dsp {

/// A look-ahead-free peak limiter: gain falls at once (shaped over the frame so that nothing
/// clicks) and recovers over 100 ms. Output never exceeds `ceiling`; a signal below it passes
/// untouched, bit for bit. One thread.
class Limiter {
public:
    static constexpr float ceiling = 0.891F;  // -1 dBFS

    void process(Frame samples);
    /// As stereo.hpp has it: neither left nor right exceeds the ceiling.
    void process(Frame mid, Frame side);
    /// The gain now, 1 when nothing is held down.
    [[nodiscard]] float gain() const { return gain_; }

private:
    float gain_ = 1.0F;
};

}  // namespace partyline::dsp
