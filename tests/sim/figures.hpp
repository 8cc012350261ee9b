// The jitter buffer's promises in numbers, each over several seeds. The test holds them to their
// limits; bench-sim prints them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace partyline::sim {

struct Figure {
    std::string name;  // as in the JSON that bench-sim writes
    double value = 0;  // the worst of all seeds
    double limit = 0;  // at most; below zero: told, not promised
};

/// 5 % random loss and 20 ms of jitter.
std::vector<Figure> figures_of_loss_and_jitter();
/// 10 % random loss, the encoder told of it.
std::vector<Figure> figures_of_fec();
/// Clocks that differ by 200 ppm for ten minutes.
std::vector<Figure> figures_of_drift();
/// A network that is calm, then jittery, then calm: this buffer against fixed ones.
std::vector<Figure> figures_against_fixed_buffers();

}  // namespace partyline::sim
