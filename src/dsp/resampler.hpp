// Sound of any rate at another rate: files, and devices that insist on their own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "dsp/format.hpp"

namespace partyline::dsp {

/// A streaming windowed-sinc resampler of one channel. Its filter's delay is compensated: the
/// first sample out is the first sample in. process() and finish() allocate nothing. One thread.
class Resampler {
public:
    /// Any rates from 1 to 768 kHz. Fails with unsupported for others.
    static Result<Resampler> create(unsigned from_hz, unsigned to_hz = sample_rate_hz);
    ~Resampler();
    Resampler(Resampler&&) noexcept;
    Resampler& operator=(Resampler&&) noexcept;

    struct Progress {
        std::size_t taken = 0;  // of `in`
        std::size_t given = 0;  // at the start of `out`
    };
    /// Goes on until all of `in` is taken or `out` is full.
    Progress process(std::span<const float> in, std::span<float> out);

    /// After the last input: what the filter still holds. Call until it gives nothing. All calls
    /// together have then given ceil(taken * to_hz / from_hz) samples.
    std::size_t finish(std::span<float> out);

    /// Forgets all input, as if new.
    void reset();

private:
    struct State;
    explicit Resampler(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp
