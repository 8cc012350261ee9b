// How often all people behind one address do together what others have to bear: a key costs nothing, and
// with each new one somebody is a new person.
#pragma once

#include <cstddef>
#include <map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "server/control/limits.hpp"
#include "server/control/person_rates.hpp"
#include "server/control/token_bucket.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread. Addresses are counted by their site, as site_address() says.
class AddressRates {
public:
    /// The limits outlive it. Where they change, they hold for addresses from which nobody has lately
    /// done anything.
    explicit AddressRates(const Limits& limits) : limits_(limits) {}

    /// Counts one; fails with rate_limited and the time until the next. What is not counted by address
    /// passes. When too many others are remembered, whoever is new has to wait.
    Result<void> take(const net::Endpoint::Address& address, Doing what, TimePoint now);

    /// From where as much might come again as from anywhere new.
    void forget(TimePoint now);

    [[nodiscard]] std::size_t remembered() const { return addresses_.size(); }

private:
    struct Buckets {
        TokenBucket texts;
        TokenBucket moves;
    };

    const Limits& limits_;
    // Ordered, as whoever picks their addresses could pick them to collide.
    std::map<net::Endpoint::Address, Buckets> addresses_;
};

}  // namespace partyline::control
