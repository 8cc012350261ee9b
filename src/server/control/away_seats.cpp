#include "server/control/away_seats.hpp"

#include "server/control/admission.hpp"

namespace partyline::control {

void AwaySeats::took(const net::Endpoint::Address& address) {
    ++addresses_[counted_address(address)].seats;
}

void AwaySeats::left(const net::Endpoint::Address& address) {
    const auto found = addresses_.find(counted_address(address));
    if (--found->second.seats == 0) {
        addresses_.erase(found);
    }
}

std::size_t AwaySeats::seats_of(const net::Endpoint::Address& address) const {
    const auto found = addresses_.find(counted_address(address));
    return found == addresses_.end() ? 0 : found->second.seats;
}

template <class Look>
void AwaySeats::each_of_site(const net::Endpoint::Address& address, Look look) const {
    const auto site = site_address(address);
    for (auto at = addresses_.lower_bound(site);
         at != addresses_.end() && site_address(at->first) == site; ++at) {
        look(at->second);
    }
}

std::size_t AwaySeats::seats_of_site(const net::Endpoint::Address& address) const {
    std::size_t seats = 0;
    each_of_site(address, [&](const OfAddress& one) { seats += one.seats; });
    return seats;
}

std::optional<SessionId> AwaySeats::oldest_of_site(const net::Endpoint::Address& address) const {
    const Waiting::value_type* oldest = nullptr;
    each_of_site(address, [&](const OfAddress& one) {
        if (!one.waiting.empty() && (oldest == nullptr || *one.waiting.begin() < *oldest)) {
            oldest = &*one.waiting.begin();
        }
    });
    return oldest == nullptr ? std::nullopt : std::optional(oldest->second);
}

void AwaySeats::keep(SessionId session, TimePoint until, const net::Endpoint::Address& address) {
    const auto counted = counted_address(address);
    kept_.emplace(session, Kept{.until = until, .address = counted});
    waiting_.emplace(until, session);
    addresses_.at(counted).waiting.emplace(until, session);
}

void AwaySeats::forget(SessionId session) {
    const auto node = kept_.extract(session);
    const auto& [until, address] = node.mapped();
    waiting_.erase({until, session});
    addresses_.at(address).waiting.erase({until, session});
}

std::optional<SessionId> AwaySeats::oldest() const {
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->second);
}

std::optional<SessionId> AwaySeats::oldest_of(const net::Endpoint::Address& address) const {
    const auto found = addresses_.find(counted_address(address));
    return found == addresses_.end() || found->second.waiting.empty()
               ? std::nullopt
               : std::optional(found->second.waiting.begin()->second);
}

std::optional<SessionId> AwaySeats::overdue(TimePoint now) const {
    return waiting_.empty() || waiting_.begin()->first > now
               ? std::nullopt
               : std::optional(waiting_.begin()->second);
}

std::optional<SessionId> AwaySeats::gives_way_to(const Newcomer& newcomer) const {
    const OfAddress* most = nullptr;
    for (const auto& [address, of_address] : addresses_) {
        if (!of_address.waiting.empty() && (most == nullptr || of_address.seats > most->seats)) {
            most = &of_address;
        }
    }
    const auto own = seats_of(newcomer.address);
    if (most != nullptr && (newcomer.goes_first || most->seats > own)) {
        return most->waiting.begin()->second;
    }
    // It may still be its own people who are away.
    return oldest_of(newcomer.address);
}

}  // namespace partyline::control
