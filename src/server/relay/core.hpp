// The thinking half of a relay thread: from datagrams that came in to datagrams that go out. Knows
// no socket, no thread and no clock, so that tests and the simulator drive it by hand.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "server/relay/channel.hpp"
#include "server/relay/counter_cells.hpp"
#include "server/relay/outbox.hpp"
#include "server/relay/route.hpp"

namespace partyline::relay {

// What control tells a relay thread. Each is about that thread's own routes and channels.
struct RetireRoute {  // the seat has another route now
    Route route{};
};
/// The seat is in no room any more: what it says over an old route goes to none, either.
struct SilenceRoute {
    Route route{};
    SessionId session{};  // as SetWhispers has it
};
struct DropRoute {
    Route route{};
};
struct Rekey {
    Route route{};
    HopKeys keys;
};
struct SetListeners {
    ChannelId channel{};
    std::shared_ptr<const Listeners> listeners;
};
struct SetWhispers {
    Route route{};
    SessionId session{};  // whose route it is to be: an old one may be another's by now
    std::shared_ptr<const WhisperSets> whispers;  // null: to nobody
};
using Command = std::variant<std::monostate, RouteSetup, RetireRoute, SilenceRoute, DropRoute,
                             Rekey, SetListeners, SetWhispers>;

/// A datagram and where it came from.
struct Incoming {
    MutableByteView bytes;
    Slot slot{};
    PeerAddress from;                      // unless it came through the tunnel
    const Seat* through_tunnel = nullptr;  // the seat whose tunnel it came through
};

/// Owned by a relay thread or by whoever plays one. One thread.
class Core {
public:
    Core(Outbox& outbox, CounterCells& counters, FillRandom fill_random,
         std::uint32_t bps_max = talker_bps_max)
        : outbox_(outbox),
          counters_(counters),
          fill_random_(fill_random),
          talker_bps_max_(bps_max) {}

    void apply(Command command, TimePoint now);

    /// Judges a datagram. True if its slot is still needed: the outbox will be told when it is not.
    bool receive(const Incoming& incoming, TimePoint now);
    /// Puts out what is due; called after each batch, and at next_due().
    void flush(TimePoint now);
    /// Puts out all that waits, due or not: to get slots back.
    void flush_all(TimePoint now);
    /// When flush() has something to do even if nothing arrives.
    [[nodiscard]] std::optional<TimePoint> next_due() const;

    [[nodiscard]] std::size_t routes() const { return routes_.size(); }
    [[nodiscard]] std::size_t channels() const { return channels_.size(); }

private:
    struct Packet;

    void on(std::monostate, TimePoint) {}
    void on(RouteSetup setup, TimePoint now);
    void on(RetireRoute retire, TimePoint now);
    void on(SilenceRoute silence, TimePoint now);
    void on(DropRoute drop, TimePoint now);
    void on(Rekey rekey, TimePoint now);
    void on(SetListeners set, TimePoint now);
    void on(SetWhispers set, TimePoint now);
    void drop(Route route);
    void drop_if_unused(Channel& channel);

    RouteState* find_route(const Incoming& incoming, Route route, TimePoint now);
    bool authenticate(RouteState& route, Packet& packet, TimePoint now);
    bool take_voice(RouteState& route, const Packet& packet, TimePoint now);
    bool take_whisper(RouteState& route, const Packet& packet, TimePoint now);
    void take_ping(RouteState& route, const Packet& packet);
    bool take_echo(RouteState& route, const Packet& packet, TimePoint now);
    void meet_address(RouteState& route, Packet& packet, TimePoint now);
    void reply(wire::DatagramKind kind, const wire::ProbeBody& body, const RouteState& route,
               const Packet& packet);
    void flush(Channel& channel, TimePoint now);

    Outbox& outbox_;
    CounterCells& counters_;
    const FillRandom fill_random_;
    const std::uint32_t talker_bps_max_;

    // Values stay where they are, so a route may point to its channel.
    std::unordered_map<ChannelId, Channel> channels_;
    std::unordered_map<Route, RouteState> routes_;
    std::deque<std::pair<TimePoint, Route>> retired_;  // in the order of their end

    std::vector<Channel*> waiting_;  // with frames that wait; those it points to are never dropped
};

}  // namespace partyline::relay
