// Who may connect at all: counts connections, those of one address and of one site, those not logged in
// yet, and how fast they come. Some places of those not logged in are kept for sites that hold none yet,
// and some arrivals for networks that have brought nobody lately. When there is no room for another, one
// that has been standing in the door for a while gives way, if that makes it fairer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "server/control/limits.hpp"
#include "server/control/token_bucket.hpp"

namespace partyline::control {

/// Under which an address is counted: of IPv6 only the network, as whoever has one address has all
/// of it.
[[nodiscard]] net::Endpoint::Address counted_address(net::Endpoint::Address address);
/// What is likely to be somebody's as a whole: an IPv4 address, or an IPv6 network of 48 bits.
[[nodiscard]] net::Endpoint::Address site_address(net::Endpoint::Address address);

/// Owned by the Server. One thread.
class Admission {
public:
    Admission(const Limits& limits, TimePoint now) { set_limits(limits, now); }

    /// For whoever comes from now on; nobody is sent away for a lower limit.
    void set_limits(const Limits& limits, TimePoint now);

    /// One connection's place, given back when destroyed.
    class Slot {
    public:
        Slot(Slot&& other) noexcept;
        Slot& operator=(Slot&&) = delete;
        ~Slot();

        /// Of a connection that takes nobody's place: counted nowhere.
        static Slot uncounted() { return {}; }

        /// How to end the connection if its place is needed before it has logged in. Called at most
        /// once, from admit(), while the slot exists; must not destroy it at once. Until this is
        /// said, nobody takes the place.
        void give_way_by(std::function<void()> hang_up);
        /// The connection has come a step closer to being logged in, one that takes two: from now on
        /// it has as much time as if it had just come.
        void came_closer(TimePoint now);
        /// The connection has logged in and no longer counts among those that have not.
        void authenticated();
        /// As it is counted: without its port, of IPv6 the network.
        [[nodiscard]] const net::Endpoint& address() const { return address_; }

    private:
        friend class Admission;
        Slot() = default;
        Slot(Admission& admission, const net::Endpoint& address, std::uint64_t stranger)
            : admission_(&admission), address_(address), stranger_(stranger) {}
        explicit Slot(Admission& admission) : admission_(&admission), to_be_told_(true) {}

        Admission* admission_ = nullptr;  // none for one that is not counted
        bool to_be_told_ = false;
        net::Endpoint address_;
        std::uint64_t stranger_ = 0;  // its number in strangers_, as long as it is there
    };

    /// Fails with server_full or rate_limited, saying which of the limits is reached.
    Result<Slot> admit(const net::Endpoint& remote, TimePoint now);
    /// For one that was not admitted, to shake hands and be told why: nothing if that would cost too
    /// much. It is counted apart from all that are.
    std::optional<Slot> admit_to_be_told(TimePoint now);

    [[nodiscard]] std::size_t connections() const { return connections_; }
    [[nodiscard]] std::size_t unauthenticated() const { return strangers_.size(); }
    [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }

private:
    struct OfAddress {
        std::size_t connections = 0;
        std::size_t unauthenticated = 0;
        TokenBucket arrivals;
    };

    /// All its addresses together.
    struct OfSite {
        std::size_t connections = 0;
        std::size_t unauthenticated = 0;
    };

    /// One that has not logged in. The maps that hold its address and its site never move them, and as
    /// long as it is here both are.
    struct Stranger {
        TimePoint since;  // it came, or came closer
        OfAddress* of_address = nullptr;
        OfSite* of_site = nullptr;
        std::function<void()> hang_up;
    };
    using Strangers = std::map<std::uint64_t, Stranger>;  // in the order of `since`

    /// How many there may be for one more from this site to find a place.
    [[nodiscard]] std::size_t places(const OfSite& newcomer) const;
    [[nodiscard]] Result<void> check_counts(const OfAddress& of_address,
                                            const OfSite& of_site) const;
    /// Who is to give way to one from this site: of those whose site holds the most places, the one
    /// that has stood there longest; or nobody. A site that holds as many as the newcomer's would then
    /// is left alone: two would but throw each other out, over and over, until nobody in the door is
    /// older than door_time. Only one that holds none takes another's only one.
    Strangers::iterator who_gives_way(const OfSite& newcomer, TimePoint now);
    void forget(Strangers::iterator stranger);
    /// From an address of this network, which may be one that has brought nobody lately.
    Result<void> take_arrival(const net::Endpoint::Address& network, TimePoint now);
    /// Counts one by what is kept, if it may come by that.
    bool may_by_what_is_kept(const net::Endpoint::Address& network, TimePoint now);
    void enter(OfAddress& of_address, OfSite& of_site, TimePoint now);
    /// One of its connections is there no more.
    void leave(const net::Endpoint& address);
    void forget_quiet_addresses(TimePoint now);

    std::size_t connections_max_ = 0;
    std::size_t per_address_max_ = 0;
    std::size_t unauthenticated_max_ = 0;
    std::size_t unauthenticated_per_address_max_ = 0;
    Duration door_time_{};
    Rate arrivals_per_address_{};
    TokenBucket arrivals_{{}, {}};
    double arrivals_kept_ = 0;  // of them
    Rate arrivals_kept_per_network_{};
    std::size_t told_max_ = 0;
    TokenBucket told_{{}, {}};
    std::size_t being_told_ = 0;
    std::size_t connections_ = 0;
    std::uint64_t last_stranger_ = 0;
    Strangers strangers_;
    std::unordered_map<net::Endpoint, OfAddress> addresses_;
    // Those that have connections. Ordered, as whoever picks their addresses could pick them to collide.
    std::map<net::Endpoint::Address, OfSite> sites_;
    // Those that have lately brought somebody by what is kept. Ordered likewise.
    std::map<net::Endpoint::Address, TokenBucket> networks_;
    TimePoint networks_due_{};
};

}  // namespace partyline::control
