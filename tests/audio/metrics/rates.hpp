// Sound at the rate that a measure is defined at.
#pragma once

#include <span>
#include <vector>

namespace partyline::metrics {

/// All of a sound at another rate, with no delay. Both rates as dsp::Resampler takes them.
std::vector<double> at_rate(std::span<const float> sound, unsigned from_hz, unsigned to_hz);

}  // namespace partyline::metrics
