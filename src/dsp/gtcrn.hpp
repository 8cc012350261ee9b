// The neural speech enhancer GTCRN: a second opinion beside RNNoise, stronger on clicks.
#pragma once

#include <array>
#include <memory>
#include <numeric>
#include <span>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// GTCRN, translated from the WebAssembly module of @sapphi-red/web-noise-suppressor. It hears and
/// gives what is below 8 kHz. The model works on 16 ms at a time, and whoever waits for 16 ms hears of
/// the first of them late; so two of it take turns, half of that apart, and each gives its newest 8 ms.
/// process() allocates nothing. Holds about 2 MB. One thread.
class Gtcrn {
    static constexpr std::size_t models = 2;
    // A model looks at a block, with the one before it, and changes rates on both sides.
    static constexpr std::size_t block_samples = 768;
    static constexpr std::size_t rate_change_samples = 122;
    static constexpr std::size_t turn_samples = block_samples / models;
    // The models do not agree to the last bit: one is faded into the other.
    static constexpr std::size_t fade_samples = 64;
    // Frames and turns share a divisor: when a turn is not full, at most so much waits for it.
    static constexpr std::size_t waiting_samples_max =
        turn_samples - std::gcd(turn_samples, frame_samples);

public:
    /// The output is so much later than the input: 25.9 ms.
    static constexpr std::size_t latency_samples =
        block_samples + rate_change_samples + fade_samples + waiting_samples_max;

    Gtcrn();
    ~Gtcrn();
    Gtcrn(Gtcrn&&) noexcept;
    Gtcrn& operator=(Gtcrn&&) noexcept;

    /// Enhances in place. What is not a number is taken as silence.
    void process(Frame samples);
    /// Forgets what it heard.
    void reset();

private:
    void take_turn();
    void hand_out(std::span<const float> block);

    struct Module;
    std::array<std::unique_ptr<Module>, models> modules_;
    std::size_t turn_ = 0;  // whose it is
    // The last block heard, at whose end there is not yet all of the next turn.
    std::array<float, block_samples> in_{};
    std::size_t in_filled_ = 0;
    // The end of what the model before gave.
    std::array<float, fade_samples> fading_{};
    std::array<float, waiting_samples_max + 2 * turn_samples> out_{};
    std::size_t out_filled_ = waiting_samples_max;
};

}  // namespace partyline::dsp
