#include "server/control/person_rates.hpp"

#include <algorithm>

namespace partyline::control {

PersonRates::Buckets::Buckets(const Limits& limits, TimePoint now)
    : each{TokenBucket(limits.texts, now),           TokenBucket(limits.histories, now),
           TokenBucket(limits.moves, now),           TokenBucket(limits.changes, now),
           TokenBucket(limits.temporary_rooms, now), TokenBucket(limits.recordings, now)} {}

bool PersonRates::Buckets::are_full(TimePoint now) const {
    return std::ranges::all_of(each, [now](const auto& bucket) { return bucket.is_full(now); });
}

Result<void> PersonRates::take(const room::Person& person, Doing what, TimePoint now) {
    return rate_of(person, what, now).and_then([now](TokenBucket* rate) {
        return rate->take(now);
    });
}

Result<void> PersonRates::check(const room::Person& person, Doing what, TimePoint now) {
    return rate_of(person, what, now).and_then([now](TokenBucket* rate) {
        return rate->check(now);
    });
}

Result<TokenBucket*> PersonRates::rate_of(const room::Person& person, Doing what, TimePoint now) {
    auto found = people_.find(person);
    if (found == people_.end()) {
        if (people_.size() >= people_remembered_max) {
            forget(now);
        }
        if (people_.size() >= people_remembered_max) {
            return std::unexpected(
                Error{.code = ErrorCode::rate_limited,
                      .message = "Too many people are busy here; try again in a while.",
                      .retry_ms = people_remembered_retry_ms});
        }
        found = people_.emplace(person, Buckets(limits_, now)).first;
    }
    return &found->second.of(what);
}

void PersonRates::forget(TimePoint now) {
    std::erase_if(people_, [now](const auto& entry) { return entry.second.are_full(now); });
}

}  // namespace partyline::control
