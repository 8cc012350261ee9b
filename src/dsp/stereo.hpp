// Stereo as it is kept here: the middle, which is all that mono hears, and how the sides differ from it.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// Left is mid + side, right is mid - side: what is done to both alike is done to these, and whoever wants
/// mono takes the middle.
inline void split_stereo(std::span<const float> interleaved, std::span<float> mid,
                         std::span<float> side) {
    assert(interleaved.size() == 2 * mid.size() && mid.size() == side.size());
    for (std::size_t i = 0; i < mid.size(); ++i) {
        const float left = interleaved[2 * i];
        const float right = interleaved[2 * i + 1];
        mid[i] = 0.5F * (left + right);
        side[i] = 0.5F * (left - right);
    }
}

inline void join_stereo(std::span<const float> mid, std::span<const float> side,
                        std::span<float> interleaved) {
    assert(interleaved.size() == 2 * mid.size() && mid.size() == side.size());
    for (std::size_t i = 0; i < mid.size(); ++i) {
        interleaved[2 * i] = mid[i] + side[i];
        interleaved[2 * i + 1] = mid[i] - side[i];
    }
}

}  // namespace partyline::dsp
