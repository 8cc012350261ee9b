// Seats that wait for their people to come back, and how many seats each address has: whoever breaks
// off one connection after the other keeps nobody out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "net/endpoint.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread. Addresses are counted as Admission counts them.
class AwaySeats {
public:
    /// Who wants a seat where none is free.
    struct Newcomer {
        net::Endpoint::Address address;
        bool goes_first = false;  // may take the place of whoever is away, from wherever
    };

    // Of each seat that there is, kept or not.
    void took(const net::Endpoint::Address& address);
    void left(const net::Endpoint::Address& address);
    [[nodiscard]] std::size_t seats_of(const net::Endpoint::Address& address) const;
    /// Of all addresses that are of its site, as site_address() says.
    [[nodiscard]] std::size_t seats_of_site(const net::Endpoint::Address& address) const;

    /// Of one that took() has counted, from this address. Two do not begin to wait as one.
    void keep(SessionId session, TimePoint until, const net::Endpoint::Address& address);
    /// Its person is back, or it goes.
    void forget(SessionId session);

    [[nodiscard]] std::size_t size() const { return kept_.size(); }
    [[nodiscard]] bool empty() const { return kept_.empty(); }
    /// That has waited longest; of one address, or one site, alone. There is none where nobody is away.
    [[nodiscard]] std::optional<SessionId> oldest() const;
    [[nodiscard]] std::optional<SessionId> oldest_of(const net::Endpoint::Address& address) const;
    [[nodiscard]] std::optional<SessionId> oldest_of_site(
        const net::Endpoint::Address& address) const;
    /// Waited for long enough.
    [[nodiscard]] std::optional<SessionId> overdue(TimePoint now) const;
    /// Which is to make room: the oldest of the address that has the most seats, if these are more
    /// than the newcomer's address has already; else the oldest of that one.
    [[nodiscard]] std::optional<SessionId> gives_way_to(const Newcomer& newcomer) const;

private:
    using Waiting = std::set<std::pair<TimePoint, SessionId>>;
    struct OfAddress {
        std::size_t seats = 0;
        Waiting waiting;
    };
    /// Looks at what there is of each address of that site.
    template <class Look>
    void each_of_site(const net::Endpoint::Address& address, Look look) const;

    struct Kept {
        TimePoint until;
        net::Endpoint::Address address;
    };

    std::map<SessionId, Kept> kept_;
    Waiting waiting_;
    // Ordered, as whoever picks their addresses could pick them to collide. As many as seats at most.
    std::map<net::Endpoint::Address, OfAddress> addresses_;
};

}  // namespace partyline::control
