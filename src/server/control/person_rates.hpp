// How often each person does what others have to bear: a new connection is still the same person.
#pragma once

#include <cstddef>
#include <map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "server/control/token_bucket.hpp"
#include "server/room/person.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread.
class PersonRates {
public:
    explicit PersonRates(Rate rate) : rate_(rate) {}

    /// Counts one; fails with rate_limited and the time until the next. Who has long done nothing is
    /// forgotten; when there are too many others, whoever is new has to wait.
    Result<void> take(const room::Person& person, TimePoint now);

    [[nodiscard]] std::size_t remembered() const { return buckets_.size(); }

private:
    Rate rate_;
    // Ordered, as whoever picks the keys could pick them to collide.
    std::map<room::Person, TokenBucket> buckets_;
};

}  // namespace partyline::control
