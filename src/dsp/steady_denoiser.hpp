// Classical suppression of noise that does not change: fans, hum, hiss.
#pragma once

#include <memory>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// speexdsp's: gains for each band from how loud it is in the long run. Kind to voices and cheap, blind
/// to keyboards. process() allocates nothing. One thread.
class SteadyDenoiser {
public:
    /// The output is so much later than the input.
    static constexpr std::size_t latency_samples = frame_samples;
    static constexpr int attenuation_db_max = 30;

    SteadyDenoiser();
    ~SteadyDenoiser();
    SteadyDenoiser(SteadyDenoiser&&) noexcept;
    SteadyDenoiser& operator=(SteadyDenoiser&&) noexcept;

    /// Suppresses in place. What is beyond full scale is cut off, what is not a number is silence.
    void process(Frame samples);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp
