// From the loudspeaker to the microphone.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace partyline::scenes {

struct EchoPath {
    double delay_ms = 60;  // of the devices and the way; the room comes on top
    double jump_ms = 0;    // by so much it grows in the middle of the far end's monologue
    double loss_db = 2;    // from the level of what is played to that of what the microphone hears
    bool saturating = false;  // the loudspeaker is driven far beyond what it can do
    double drift_ppm = 0;  // by so much the microphone's clock runs slow against the loudspeaker's
};

/// The response of a small loudspeaker and a room with a reverberation time of 0.3 s, 128 ms long, in
/// a number of versions between which somebody has moved: from one to the next the
/// reflections change by a tenth of their amplitude.
std::vector<std::vector<double>> room_responses(std::size_t versions, Random& random);

/// What the microphone hears of `far`. The room becomes another one every 4 s, gradually.
std::vector<float> echo_of(std::span<const float> far, const EchoPath& path, std::size_t jump_at,
                           Random& random);

}  // namespace partyline::scenes
