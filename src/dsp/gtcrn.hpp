// The neural speech enhancer GTCRN: a second opinion beside RNNoise, stronger on clicks.
#pragma once

#include <array>
#include <memory>
#include <numeric>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// GTCRN, translated from the WebAssembly module of @sapphi-red/web-noise-suppressor. It hears and
/// gives what is below 8 kHz. process() allocates nothing. Holds about 1 MB. One thread.
class Gtcrn {
    // It works on 16 ms at a time, with 16 ms of what was before, and changes rates on both sides.
    static constexpr std::size_t block_samples = 768;
    static constexpr std::size_t rate_change_samples = 122;
    // Frames and blocks share a divisor: when a block is not full, at most so much waits in it.
    static constexpr std::size_t waiting_samples_max =
        block_samples - std::gcd(block_samples, frame_samples);

public:
    /// The output is so much later than the input: 32.6 ms.
    static constexpr std::size_t latency_samples =
        block_samples + rate_change_samples + waiting_samples_max;

    Gtcrn();
    ~Gtcrn();
    Gtcrn(Gtcrn&&) noexcept;
    Gtcrn& operator=(Gtcrn&&) noexcept;

    /// Enhances in place. What is not a number is taken as silence.
    void process(Frame samples);
    /// Forgets what it heard.
    void reset();

private:
    void process_block();

    struct Module;
    std::unique_ptr<Module> module_;
    std::array<float, block_samples> in_{};
    std::size_t in_filled_ = 0;
    std::array<float, waiting_samples_max + block_samples> out_{};
    std::size_t out_filled_ = waiting_samples_max;
};

}  // namespace partyline::dsp
