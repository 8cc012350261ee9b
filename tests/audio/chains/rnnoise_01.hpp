// RNNoise 0.1, the noise suppressor of Mumble, which Debian has no package of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dsp/format.hpp"

namespace partyline::chains {

/// One microphone's. One thread.
class Rnnoise01 {
public:
    /// By so much its output is late.
    static constexpr std::size_t delay_samples = dsp::frame_samples;

    Rnnoise01();
    ~Rnnoise01();
    Rnnoise01(const Rnnoise01&) = delete;
    Rnnoise01& operator=(const Rnnoise01&) = delete;

    /// Suppresses noise in 10 ms, in place; what exceeds 16 bits is clipped.
    void process(std::span<std::int16_t, dsp::frame_samples> samples);

private:
    struct Module;
    std::unique_ptr<Module> module_;
};

}  // namespace partyline::chains
