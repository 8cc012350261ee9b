#include "server/control/person_rates.hpp"

#include "server/control/limits.hpp"

namespace partyline::control {

Result<void> PersonRates::take(const room::Person& person, TimePoint now) {
    if (!buckets_.contains(person) && buckets_.size() >= room_makers_remembered_max) {
        std::erase_if(buckets_, [now](const auto& entry) { return entry.second.is_full(now); });
        if (buckets_.size() >= room_makers_remembered_max) {
            return std::unexpected(
                Error{.code = ErrorCode::rate_limited,
                      .message = "Too many people are making rooms; try again in a while.",
                      .retry_ms = room_makers_retry_ms});
        }
    }
    return buckets_.try_emplace(person, TokenBucket(rate_, now)).first->second.take(now);
}

}  // namespace partyline::control
