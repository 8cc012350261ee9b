// Who may connect at all: counts connections, those of one address, those not logged in yet, and how
// fast they come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "server/control/limits.hpp"
#include "server/control/token_bucket.hpp"

namespace partyline::control {

/// Owned by the Server. One thread.
class Admission {
public:
    Admission(const Limits& limits, TimePoint now)
        : connections_max_(limits.connections),
          per_address_max_(limits.connections_per_address),
          unauthenticated_max_(limits.unauthenticated),
          unauthenticated_per_address_max_(
              std::max<std::size_t>(1, limits.unauthenticated / unauthenticated_share)),
          arrivals_per_address_(limits.arrivals_per_address),
          arrivals_(limits.arrivals, now) {}

    /// One connection's place, given back when destroyed.
    class Slot {
    public:
        Slot(Slot&& other) noexcept;
        Slot& operator=(Slot&&) = delete;
        ~Slot();

        /// The connection has logged in and no longer counts among those that have not.
        void authenticated();

    private:
        friend class Admission;
        Slot(Admission& admission, const net::Endpoint& address)
            : admission_(&admission), address_(address) {}

        Admission* admission_;
        net::Endpoint address_;
        bool authenticated_ = false;
    };

    /// Fails with server_full or rate_limited, saying which of the limits is reached.
    Result<Slot> admit(const net::Endpoint& remote, TimePoint now);

    [[nodiscard]] std::size_t connections() const { return connections_; }
    [[nodiscard]] std::size_t unauthenticated() const { return unauthenticated_; }
    [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }

private:
    struct OfAddress {
        std::size_t connections = 0;
        std::size_t unauthenticated = 0;
        TokenBucket arrivals;
    };

    void forget_quiet_addresses(TimePoint now);

    std::size_t connections_max_;
    std::size_t per_address_max_;
    std::size_t unauthenticated_max_;
    std::size_t unauthenticated_per_address_max_;
    Rate arrivals_per_address_;
    TokenBucket arrivals_;
    std::size_t connections_ = 0;
    std::size_t unauthenticated_ = 0;
    std::unordered_map<net::Endpoint, OfAddress> addresses_;
};

}  // namespace partyline::control
