#include "server/control/admission.hpp"

#include <algorithm>
#include <utility>

namespace partyline::control {
namespace {

constexpr std::size_t ipv6_network_bytes = 8;

/// Without the port; of IPv6 only the network, as whoever has one address has all of it.
net::Endpoint counted_address(const net::Endpoint& remote) {
    auto address = remote.address();
    if (!remote.is_v4()) {
        std::fill(address.begin() + ipv6_network_bytes, address.end(), std::uint8_t{0});
    }
    return {address, 0};
}

}  // namespace

Result<Admission::Slot> Admission::admit(const net::Endpoint& remote, TimePoint now) {
    const auto address = counted_address(remote);
    if (connections_ >= connections_max_) {
        return fail(ErrorCode::server_full, "too many connections");
    }
    if (unauthenticated_ >= unauthenticated_max_) {
        return fail(ErrorCode::server_full, "too many connections that have not logged in");
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
    if (of_address.connections >= per_address_max_) {
        return fail(ErrorCode::server_full, "too many connections from one address");
    }
    if (of_address.unauthenticated >= unauthenticated_per_address_max_) {
        return fail(ErrorCode::server_full,
                    "too many connections from one address that have not logged in");
    }
    if (const auto may = of_address.arrivals.take(now); !may) {
        return fail(ErrorCode::rate_limited, "too many arrivals from one address");
    }
    if (const auto may = arrivals_.take(now); !may) {
        return fail(ErrorCode::rate_limited, "too many arrivals");
    }
    ++of_address.connections;
    ++of_address.unauthenticated;
    ++connections_;
    ++unauthenticated_;
    return Slot(*this, address);
}

void Admission::forget_quiet_addresses(TimePoint now) {
    std::erase_if(addresses_, [now](const auto& entry) {
        return entry.second.connections == 0 && entry.second.arrivals.is_full(now);
    });
}

Admission::Slot::Slot(Slot&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      address_(other.address_),
      authenticated_(other.authenticated_) {}

Admission::Slot::~Slot() {
    if (admission_ == nullptr) {
        return;
    }
    authenticated();
    --admission_->connections_;
    --admission_->addresses_.at(address_).connections;
}

void Admission::Slot::authenticated() {
    if (!std::exchange(authenticated_, true)) {
        --admission_->unauthenticated_;
        --admission_->addresses_.at(address_).unauthenticated;
    }
}

}  // namespace partyline::control
