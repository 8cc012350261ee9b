// How often something may be done: a bucket that fills at a steady rate.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

namespace partyline::control {

struct Rate {
    double per_second = 0;
    double burst = 0;  // what the bucket holds, and how full it starts
};

/// One thread.
class TokenBucket {
public:
    TokenBucket(Rate rate, TimePoint now) : rate_(rate), tokens_(rate.burst), filled_at_(now) {}

    /// Takes `cost` tokens (never more than the bucket holds), or takes none and fails with
    /// rate_limited and the time until there will be enough.
    Result<void> take(TimePoint now, double cost = 1);
    /// As take(), but takes none.
    Result<void> check(TimePoint now, double cost = 1);
    /// Takes them though there may not be enough, by as much as the bucket holds: for what has
    /// happened already. Nothing more is to be had until that is made up for.
    void spend(TimePoint now, double cost);
    /// It is as if nothing had ever been taken.
    [[nodiscard]] bool is_full(TimePoint now) const;

private:
    void fill(TimePoint now);

    Rate rate_;
    double tokens_;
    TimePoint filled_at_;
};

}  // namespace partyline::control
