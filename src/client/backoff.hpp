// How long to wait before the next try to get back to a server.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace partyline::client {

/// Doubles from try to try up to a bound, and draws each wait from the upper half of its step, so
/// that a thousand talkies that one restart has thrown out do not come back in step. One thread.
class Backoff {
public:
    explicit Backoff(std::uint64_t seed) : random_(seed) {}

    /// The wait before the next try.
    Duration next();
    /// A connection has held: the next loss is the first again.
    void reset() { tries_ = 0; }

private:
    Random random_;
    unsigned tries_ = 0;
};

}  // namespace partyline::client
