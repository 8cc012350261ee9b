#include "client/backoff.hpp"

#include <algorithm>
#include <chrono>

#include "client/limits.hpp"

namespace partyline::client {

Duration Backoff::next() {
    Duration step = backoff_first;
    for (unsigned i = 0; i < tries_ && step < backoff_max; ++i) {
        step *= 2;
    }
    step = std::min<Duration>(step, backoff_max);
    ++tries_;
    const std::chrono::duration<double> wait = step * (0.5 + random_.uniform() / 2);
    return std::chrono::duration_cast<Duration>(wait);
}

}  // namespace partyline::client
