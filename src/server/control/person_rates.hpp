// How often each person does what others, or the disk, have to bear: a new connection, or another device
// of their account, is still the same person.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "server/control/limits.hpp"
#include "server/control/token_bucket.hpp"
#include "server/room/person.hpp"

namespace partyline::control {

/// What is counted, each by itself.
enum class Doing : std::uint8_t { text, history, move, change, temporary_room, recording };

/// Owned by the Switchboard. One thread.
class PersonRates {
public:
    /// The limits outlive it. Where they change, they hold for whoever has long done nothing.
    explicit PersonRates(const Limits& limits) : limits_(limits) {}

    /// Counts one; fails with rate_limited and the time until the next. When too many others are
    /// remembered, whoever is new has to wait.
    Result<void> take(const room::Person& person, Doing what, TimePoint now);
    /// As take(), but counts nothing.
    Result<void> check(const room::Person& person, Doing what, TimePoint now);

    /// Whoever might do everything again as often as anybody new.
    void forget(TimePoint now);

    [[nodiscard]] std::size_t remembered() const { return people_.size(); }

private:
    struct Buckets {
        Buckets(const Limits& limits, TimePoint now);
        TokenBucket& of(Doing what) { return each.at(static_cast<std::size_t>(what)); }
        [[nodiscard]] bool are_full(TimePoint now) const;

        std::array<TokenBucket, 6> each;  // in the order of Doing
    };

    Result<TokenBucket*> rate_of(const room::Person& person, Doing what, TimePoint now);

    const Limits& limits_;
    // Ordered, as whoever picks the keys could pick them to collide.
    std::map<room::Person, Buckets> people_;
};

}  // namespace partyline::control
