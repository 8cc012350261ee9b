#include "server/control/admission.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

namespace partyline::control {
namespace {

constexpr std::size_t ipv6_network_bytes = 8;
constexpr std::size_t ipv6_site_bytes = 6;

/// So many bytes of it, if it is one of IPv6, and zeros.
net::Endpoint::Address ipv6_part(net::Endpoint::Address address, std::size_t bytes) {
    if (!net::Endpoint(address, 0).is_v4()) {
        std::ranges::fill(std::span(address).subspan(bytes), std::uint8_t{0});
    }
    return address;
}

/// In which one is likely to have many addresses: of IPv4 24 bits, of IPv6 48.
net::Endpoint::Address network_of(net::Endpoint::Address address) {
    if (net::Endpoint(address, 0).is_v4()) {
        address.back() = 0;
        return address;
    }
    return ipv6_part(address, ipv6_site_bytes);
}

std::unexpected<Error> too_fast(std::string what, const Error& until) {
    return std::unexpected(Error{
        .code = ErrorCode::rate_limited, .message = std::move(what), .retry_ms = until.retry_ms});
}

}  // namespace

net::Endpoint::Address counted_address(net::Endpoint::Address address) {
    return ipv6_part(address, ipv6_network_bytes);
}

net::Endpoint::Address site_address(net::Endpoint::Address address) {
    return ipv6_part(address, ipv6_site_bytes);
}

void Admission::set_limits(const Limits& limits, TimePoint now) {
    connections_max_ = limits.connections;
    per_address_max_ = limits.connections_per_address;
    unauthenticated_max_ = limits.unauthenticated;
    unauthenticated_per_address_max_ =
        std::max<std::size_t>(1, limits.unauthenticated / unauthenticated_share);
    door_time_ = limits.door_time;
    arrivals_per_address_ = limits.arrivals_per_address;
    arrivals_ = TokenBucket(limits.arrivals, now);
    arrivals_kept_ = std::floor(limits.arrivals.burst / double{quiet_networks_share});
    arrivals_kept_per_network_ = limits.arrivals_kept_per_network;
    networks_.clear();
    told_max_ = limits.told_at_once;
    told_ = TokenBucket(limits.told, now);
}

Result<Admission::Slot> Admission::admit(const net::Endpoint& remote, TimePoint now) {
    const net::Endpoint address(counted_address(remote.address()), 0);
    if (connections_ >= connections_max_) {
        return fail(ErrorCode::server_full, "too many connections");
    }
    if (!addresses_.contains(address) && addresses_.size() >= addresses_remembered_max) {
        forget_quiet_addresses(now);
        if (addresses_.size() >= addresses_remembered_max + connections_) {
            return fail(ErrorCode::server_full, "too many addresses at once");
        }
    }
    auto& of_address =
        addresses_.try_emplace(address, OfAddress{.arrivals = {arrivals_per_address_, now}})
            .first->second;
    const auto site = site_address(remote.address());
    const auto known = sites_.find(site);
    const auto of_site = known == sites_.end() ? OfSite{} : known->second;
    if (const auto fits = check_counts(of_address, of_site); !fits) {
        return std::unexpected(fits.error());
    }
    const bool full = strangers_.size() >= places(of_site);
    const auto leaving = full ? who_gives_way(of_site, now) : strangers_.end();
    if (full && leaving == strangers_.end()) {
        return fail(ErrorCode::server_full, "too many connections that have not logged in");
    }
    if (const auto may = of_address.arrivals.take(now); !may) {
        return too_fast("too many arrivals from one address", may.error());
    }
    if (const auto may = take_arrival(network_of(remote.address()), now); !may) {
        return too_fast("too many arrivals", may.error());
    }
    if (full) {
        const auto hang_up = std::move(leaving->second.hang_up);
        forget(leaving);
        hang_up();
    }
    enter(of_address, sites_[site], now);
    return Slot(*this, address, last_stranger_);
}

Result<void> Admission::take_arrival(const net::Endpoint::Address& network, TimePoint now) {
    const auto may = arrivals_.check(now, 1 + arrivals_kept_);
    if (may || (arrivals_.check(now) && may_by_what_is_kept(network, now))) {
        return arrivals_.take(now);
    }
    return may;
}

bool Admission::may_by_what_is_kept(const net::Endpoint::Address& network, TimePoint now) {
    auto found = networks_.find(network);
    if (found == networks_.end()) {
        if (networks_.size() >= networks_remembered_max && now >= networks_due_) {
            networks_due_ = now + networks_forgotten_interval;
            std::erase_if(networks_,
                          [now](const auto& entry) { return entry.second.is_full(now); });
        }
        if (networks_.size() >= networks_remembered_max) {
            return false;
        }
        found = networks_.emplace(network, TokenBucket(arrivals_kept_per_network_, now)).first;
    }
    return found->second.take(now).has_value();
}

void Admission::enter(OfAddress& of_address, OfSite& of_site, TimePoint now) {
    ++of_address.connections;
    ++of_address.unauthenticated;
    ++of_site.connections;
    ++of_site.unauthenticated;
    ++connections_;
    strangers_.emplace(++last_stranger_,
                       Stranger{.since = now, .of_address = &of_address, .of_site = &of_site});
}

void Admission::leave(const net::Endpoint& address) {
    --connections_;
    --addresses_.at(address).connections;
    const auto of_site = sites_.find(site_address(address.address()));
    if (--of_site->second.connections == 0) {
        sites_.erase(of_site);
    }
}

std::optional<Admission::Slot> Admission::admit_to_be_told(TimePoint now) {
    if (being_told_ >= told_max_ || !told_.take(now)) {
        return std::nullopt;
    }
    ++being_told_;
    return Slot(*this);
}

Result<void> Admission::check_counts(const OfAddress& of_address, const OfSite& of_site) const {
    if (of_address.connections >= per_address_max_) {
        return fail(ErrorCode::server_full, "too many connections from one address");
    }
    if (of_site.connections >= site_addresses * per_address_max_) {
        return fail(ErrorCode::server_full,
                    "too many connections from one IPv6 network of 48 bits");
    }
    if (of_address.unauthenticated >= unauthenticated_per_address_max_) {
        return fail(ErrorCode::server_full,
                    "too many connections from one address that have not logged in");
    }
    return {};
}

std::size_t Admission::places(const OfSite& newcomer) const {
    const auto kept = newcomer.unauthenticated == 0 ? 0 : unauthenticated_max_ / first_comers_share;
    return unauthenticated_max_ - kept;
}

Admission::Strangers::iterator Admission::who_gives_way(const OfSite& newcomer, TimePoint now) {
    auto found = strangers_.end();
    auto most = newcomer.unauthenticated == 0 ? 0 : newcomer.unauthenticated + 1;
    // At most unauthenticated_max_ of them, and the oldest come first.
    for (auto it = strangers_.begin(); it != strangers_.end(); ++it) {
        const auto& stranger = it->second;
        if (now - stranger.since < door_time_) {
            break;
        }
        if (stranger.hang_up && stranger.of_site->unauthenticated > most) {
            most = stranger.of_site->unauthenticated;
            found = it;
        }
    }
    return found;
}

void Admission::forget(Strangers::iterator stranger) {
    --stranger->second.of_address->unauthenticated;
    --stranger->second.of_site->unauthenticated;
    strangers_.erase(stranger);
}

void Admission::forget_quiet_addresses(TimePoint now) {
    std::erase_if(addresses_, [now](const auto& entry) {
        return entry.second.connections == 0 && entry.second.arrivals.is_full(now);
    });
}

Admission::Slot::Slot(Slot&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      to_be_told_(other.to_be_told_),
      address_(other.address_),
      stranger_(other.stranger_) {}

Admission::Slot::~Slot() {
    if (admission_ == nullptr) {
        return;
    }
    if (to_be_told_) {
        --admission_->being_told_;
        return;
    }
    authenticated();
    admission_->leave(address_);
}

void Admission::Slot::give_way_by(std::function<void()> hang_up) {
    if (admission_ == nullptr) {
        return;
    }
    if (const auto it = admission_->strangers_.find(stranger_);
        it != admission_->strangers_.end()) {
        it->second.hang_up = std::move(hang_up);
    }
}

void Admission::Slot::came_closer(TimePoint now) {
    if (admission_ == nullptr) {
        return;
    }
    auto& strangers = admission_->strangers_;
    if (auto node = strangers.extract(stranger_)) {
        node.key() = stranger_ = ++admission_->last_stranger_;
        node.mapped().since = now;
        strangers.insert(std::move(node));
    }
}

void Admission::Slot::authenticated() {
    if (admission_ == nullptr) {
        return;
    }
    if (const auto it = admission_->strangers_.find(stranger_);
        it != admission_->strangers_.end()) {
        admission_->forget(it);
    }
}

}  // namespace partyline::control
