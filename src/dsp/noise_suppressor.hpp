// Takes noise away and leaves voices alone.
#pragma once

#include <array>
#include <cstdint>

#include "dsp/delay_line.hpp"
#include "dsp/echo_left.hpp"
#include "dsp/format.hpp"
#include "dsp/gtcrn.hpp"
#include "dsp/high_pass.hpp"
#include "dsp/rnnoise.hpp"
#include "dsp/steady_denoiser.hpp"
#include "dsp/suppression_weight.hpp"

namespace partyline::dsp {

enum class Suppression : std::uint8_t {
    off,
    light,   // steady noise only, no neural network
    normal,  // with RNNoise, as much of it as the noise asks for
    high,    // with GTCRN beside it
};

/// How much later than the input its output is.
constexpr std::size_t latency_samples(Suppression mode) {
    switch (mode) {
        case Suppression::off: return 0;
        case Suppression::light: return SteadyDenoiser::latency_samples;
        case Suppression::normal: return Rnnoise::latency_samples;
        case Suppression::high: return Gtcrn::latency_samples;
    }
    return 0;
}

/// A chain of suppressors, of which a mode takes what it needs. Modes and strength may change at any
/// time: what is new runs in for 200 ms unheard, then the two are cross-faded for 10 ms. process()
/// allocates nothing. One thread.
class NoiseSuppressor {
public:
    explicit NoiseSuppressor(Suppression mode = Suppression::normal);

    void set_mode(Suppression mode) { wanted_ = mode; }
    /// From 0, as it came but as late, to 1. What is outside is taken as the nearer end.
    void set_strength(float strength);

    /// Suppresses in place. An echo was taken out before, as far as that goes: what is left of it is noise, but no keys.
    void process(Frame samples, const EchoLeft& echo = {});

    /// That is heard now.
    [[nodiscard]] Suppression mode() const { return mode_; }
    [[nodiscard]] std::size_t latency_samples() const { return dsp::latency_samples(mode_); }
    /// How probable it is that the last frame given has a voice in it; 0 in modes without a neural
    /// network.
    [[nodiscard]] float voice() const;
    [[nodiscard]] bool tells_voice() const { return mode_ >= Suppression::normal; }
    /// The neural networks' part of the last frame, from 0 to 1.
    [[nodiscard]] float neural_weight() const { return weight_; }

private:
    using Samples = std::array<float, frame_samples>;
    static constexpr std::size_t latency_samples_max = Gtcrn::latency_samples;
    static constexpr std::size_t taps = 65;

    void run(Suppression mode, ConstFrame samples);
    void start(Suppression mode);
    void render(Suppression mode, Samples& out);
    void mix(Suppression mode, Samples& neural);
    void join_networks(Samples& out);

    // Owned.
    SteadyDenoiser steady_;
    Rnnoise rnnoise_;
    Gtcrn gtcrn_;
    SuppressionWeight normal_weight_;
    SuppressionWeight high_weight_;
    HighPass removed_high_;
    std::array<float, taps> low_pass_;

    // What they heard and gave, each to be read as late as the mode wants.
    DelayLine<latency_samples_max> captured_;
    DelayLine<latency_samples_max - SteadyDenoiser::latency_samples> steady_out_;
    DelayLine<latency_samples_max - Rnnoise::latency_samples + taps / 2> rnnoise_out_;
    Samples gtcrn_out_{};
    float voice_now_ = 0;
    float voice_before_ = 0;
    EchoLeft echo_;

    Suppression wanted_;
    Suppression mode_;
    Suppression next_;
    unsigned frames_to_fade_ = 0;
    float strength_ = 1;
    float strength_wanted_ = 1;
    float weight_ = 1;
};

}  // namespace partyline::dsp
