#include "server/control/attempts.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <tuple>
#include <utility>

#include "server/control/admission.hpp"

namespace partyline::control {

template <class Key>
Result<TokenBucket*> Attempts::Book<Key>::bucket(const Key& key, TimePoint now) {
    if (!buckets_.contains(key) && buckets_.size() >= attempts_remembered_max) {
        std::erase_if(buckets_, [now](const auto& entry) { return entry.second.is_full(now); });
        if (buckets_.size() >= attempts_remembered_max) {
            // Somebody tries a great many: then all wait until these are forgotten.
            return std::unexpected(
                Error{.code = ErrorCode::rate_limited,
                      .message = "Too many people try such things just now; try again in a while.",
                      .retry_ms = hashing_retry_ms});
        }
    }
    return &buckets_.try_emplace(key, TokenBucket(rate_, now)).first->second;
}

template <class Key>
Result<void> Attempts::Book<Key>::take(const Key& key, TimePoint now) {
    return bucket(key, now).and_then([now](TokenBucket* bucket) { return bucket->take(now); });
}

Result<void> Attempts::take(const net::Endpoint& address, TimePoint now) {
    return of_address_.take(address, now);
}

Result<void> Attempts::guess(const net::Endpoint& address, const std::string& account, Who who,
                             TimePoint now) {
    auto here = account;
    std::ranges::transform(address.address(), std::back_inserter(here),
                           [](std::uint8_t byte) { return static_cast<char>(byte); });
    return of_account_here_.take(here, now).and_then(
        [&] { return who == Who::anybody ? of_account_.take(account, now) : Result<void>(); });
}

Result<void> Attempts::take_for_room(const net::Endpoint& address, TimePoint now) {
    return of_rooms_.take(address, now);
}

Result<void> Attempts::check_claim(const net::Endpoint& address, TimePoint now) {
    return of_claims_.bucket({site_address(address.address()), 0}, now)
        .and_then([now](TokenBucket* bucket) {
            return bucket->check(now).transform_error([](Error error) {
                error.message =
                    std::format("Many accounts were claimed from your address; try again in {} s.",
                                (error.retry_ms + 999) / 1000);
                return error;
            });
        });
}

void Attempts::note_claim(const net::Endpoint& address, TimePoint now) {
    std::ignore = of_claims_.take({site_address(address.address()), 0}, now);
}

}  // namespace partyline::control
