// A second-order high-pass.
#pragma once

#include <cmath>
#include <numbers>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// Butterworth, in double precision: its poles are close to 1. One thread.
class HighPass {
public:
    explicit HighPass(double cutoff_hz) {
        const double tangent = std::tan(std::numbers::pi * cutoff_hz / sample_rate_hz);
        const double norm = 1 / (1 + std::numbers::sqrt2 * tangent + tangent * tangent);
        gain_ = norm;
        a1_ = 2 * (tangent * tangent - 1) * norm;
        a2_ = (1 - std::numbers::sqrt2 * tangent + tangent * tangent) * norm;
    }

    float process(float in) {
        const double sample = gain_ * static_cast<double>(in);
        const double out = sample + first_;
        first_ = -2 * sample - a1_ * out + second_;
        second_ = sample - a2_ * out;
        return static_cast<float>(out);
    }

    void process(Frame samples) {
        for (float& sample : samples) {
            sample = process(std::isfinite(sample) ? sample : 0.0F);
        }
        // Far below what anybody hears, numbers become slow.
        if (std::abs(first_) + std::abs(second_) < 1e-15) {
            reset();
        }
    }

    void reset() { first_ = second_ = 0; }

private:
    double gain_ = 1;
    double a1_ = 0;
    double a2_ = 0;
    double first_ = 0;
    double second_ = 0;
};

}  // namespace partyline::dsp
