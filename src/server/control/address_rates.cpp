#include "server/control/address_rates.hpp"

#include <algorithm>
#include <format>

#include "server/control/admission.hpp"

namespace partyline::control {
namespace {

/// So much for each connection that an address may have; and for one person what they may do anywhere.
Rate of_all(Rate each, Rate person, std::size_t connections) {
    const auto count = static_cast<double>(connections);
    return {.per_second = std::max(person.per_second, each.per_second * count),
            .burst = std::max(person.burst, each.burst * count)};
}

}  // namespace

Result<void> AddressRates::take(const net::Endpoint::Address& address, Doing what, TimePoint now) {
    if (what != Doing::text && what != Doing::move) {
        return {};
    }
    const auto site = site_address(address);
    auto found = addresses_.find(site);
    if (found == addresses_.end()) {
        if (addresses_.size() >= busy_addresses_max) {
            forget(now);
        }
        if (addresses_.size() >= busy_addresses_max) {
            return std::unexpected(
                Error{.code = ErrorCode::rate_limited,
                      .message = "People are busy at too many addresses; try again in a while.",
                      .retry_ms = people_remembered_retry_ms});
        }
        const auto connections = limits_.connections_per_address;
        const auto texts = of_all(limits_.texts_behind_address, limits_.texts, connections);
        const auto moves = of_all(limits_.moves_behind_address, limits_.moves, connections);
        found = addresses_
                    .emplace(site, Buckets{.texts = TokenBucket(texts, now),
                                           .moves = TokenBucket(moves, now)})
                    .first;
    }
    auto& bucket = what == Doing::text ? found->second.texts : found->second.moves;
    return bucket.take(now).transform_error([](Error error) {
        error.message =
            std::format("Too much comes from your address; try again in {} ms.", error.retry_ms);
        return error;
    });
}

void AddressRates::forget(TimePoint now) {
    std::erase_if(addresses_, [now](const auto& entry) {
        return entry.second.texts.is_full(now) && entry.second.moves.is_full(now);
    });
}

}  // namespace partyline::control
