// The neural noise suppressor RNNoise 0.2 with its full model.
#pragma once

#include <memory>

#include "dsp/format.hpp"
#include "dsp/rnnoise_linear.hpp"

namespace partyline::dsp {

/// RNNoise, translated from the WebAssembly module of @shiguredo/rnnoise-wasm. process() allocates
/// nothing. Holds about 4 MB. One thread.
class Rnnoise {
public:
    /// The output is so much later than the input.
    static constexpr std::size_t latency_samples = 2 * frame_samples;

    /// With a null kernel RNNoise's own code does all: slow, and what tests compare with.
    explicit Rnnoise(LinearKernel kernel = best_linear_kernel());
    ~Rnnoise();
    Rnnoise(Rnnoise&&) noexcept;
    Rnnoise& operator=(Rnnoise&&) noexcept;

    /// Suppresses in place; returns how probable a voice is in it, from 0 to 1. What is not a number is
    /// taken as silence.
    float process(Frame samples);
    /// Forgets what it heard.
    void reset();

private:
    struct Module;
    std::unique_ptr<Module> module_;
};

}  // namespace partyline::dsp
