// Control's half of the relay: who sits where, and what that means for the relay threads.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/relay/core.hpp"
#include "server/relay/listeners.hpp"
#include "server/relay/relay.hpp"
#include "server/relay/seat.hpp"

namespace partyline::relay {

/// The way to the relay threads. Commands to one thread arrive in the order they were given.
class CommandPort {
public:
    virtual ~CommandPort() = default;
    virtual void command(unsigned thread, Command command) = 0;
};

/// Turns Relay's members into commands. What must hold at once, for whatever a thread does next, is
/// a flag in the seat; what may hold a moment later is a command. [control]
class Seating {
public:
    Seating(CommandPort& port, unsigned threads) : port_(port), allocators_(threads) {}

    Relay::Seated open(SessionId session, HopKeys keys);
    void rekey(Seat& seat, HopKeys keys);
    Route move(const SeatPtr& seat, ChannelId channel);
    void set_whisper(const Seat& seat, StreamId stream, std::vector<SeatPtr> listeners);
    void close(const SeatPtr& seat);
    void set_bitrate(ChannelId channel, std::uint32_t bps_max);
    void update_room_losses(TimePoint now);

    /// The thread that a route names; nothing for a route that no thread can have given.
    [[nodiscard]] std::optional<unsigned> thread_of(Route route) const;

private:
    struct Room {
        std::vector<SeatPtr> members;
        std::shared_ptr<RoomFacts> facts = std::make_shared<RoomFacts>();
    };

    /// Numbers above the thread's byte. A number comes again only after all others, so that a
    /// packet recorded on an old route is never good on a new one with fresh windows.
    struct RouteAllocator {
        std::uint32_t last = 0;
        std::unordered_set<std::uint32_t> in_use;
    };

    Room& room_of(ChannelId channel);
    Route take_route(unsigned thread);
    void enter(const SeatPtr& seat, ChannelId channel);
    void leave_room(const SeatPtr& seat);
    void silence(const Seat& seat, Route route);
    void publish(ChannelId channel, const Room& room);
    [[nodiscard]] unsigned home_of(const Seat& seat, ChannelId channel) const;
    [[nodiscard]] std::shared_ptr<const WhisperSets> whispers_of(const Seat& seat) const;
    void publish_whispers(SessionId session, Route route,
                          std::shared_ptr<const WhisperSets> whispers);

    CommandPort& port_;
    std::vector<RouteAllocator> allocators_;                 // by thread
    std::unordered_map<ChannelId, Room> rooms_;              // that somebody is in
    std::unordered_map<ChannelId, std::uint32_t> bitrates_;  // of all rooms that have a cap
    /// Here and not in the seats: two who whisper to each other would keep each other for ever.
    std::unordered_map<SessionId, std::shared_ptr<const WhisperSets>> whispers_;
};

}  // namespace partyline::relay
