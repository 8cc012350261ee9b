// One chain in one scene, and what became of the voice.
#pragma once

#include <string>
#include <vector>

#include "audio/chains/chain.hpp"
#include "audio/scenes/scene.hpp"

namespace partyline::audio_eval {

/// One measured number. The same scene has the same figures, in the same order, for every chain; what
/// a chain cannot be asked (its decision about voice, say) is missing.
struct Figure {
    std::string name;
    double value = 0;
    int digits = 0;  // after the point
};

/// What went through a chain.
struct Passage {
    std::vector<float> out;       // as long as the microphone's sound, not yet aligned
    std::vector<bool> sent;       // by frame of `out`; empty from a chain that sends all
    std::vector<double> cost_us;  // of each frame: time of this thread alone
};

Passage pass(const scenes::Scene& scene, chains::Chain& chain);

struct Outcome {
    std::vector<Figure> figures;
    Passage passage;
};

/// The chain is new: it has heard nothing yet.
Outcome evaluate(const scenes::Scene& scene, chains::Chain& chain);

}  // namespace partyline::audio_eval
