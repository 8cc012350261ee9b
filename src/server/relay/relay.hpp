// The voice lane of the server: verify once, hand the same bytes to every listener.
//
// The control lane tells the relay who sits where; the relay never asks back. What it needs to
// forward a packet it finds in one immutable listener list per channel, swapped whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "crypto/hop.hpp"
#include "net/endpoint.hpp"
#include "server/relay/limits.hpp"

namespace partyline::relay {

/// The keys of one hop epoch: up verifies what the talkie sends, down proves pongs and challenges.
struct HopKeys {
    std::uint8_t epoch = 0;
    crypto::HopKey up;
    crypto::HopKey down;
};

/// What one session's voice is to the relay. Made by Relay, held by the control session, and alive
/// until both have let go. All members are the relay's own.
class Seat;
using SeatPtr = std::shared_ptr<Seat>;

enum class DownlinkLane : std::uint8_t { tunnel, udp };

struct VoiceFlags {
    bool muted = false;     // self-muted or silenced: uplink voice is dropped, pings are not
    bool deafened = false;  // no voice goes down
    bool operator==(const VoiceFlags&) const = default;
};

struct Config {
    std::vector<net::Endpoint> listen;  // a port of 0 takes a free one; all get the same
    unsigned threads = 1;               // 1 to 64
    /// Of each talker to its room, whatever that allows, and to all it whispers to.
    std::uint32_t talker_bps_max = relay::talker_bps_max;
};

/// A downlink datagram for a talkie whose voice is tunnelled.
struct TunnelledDown {
    SessionId session{};
    Bytes datagram;
};

/// Counters since the start, summed over threads; each only grows.
struct Counters {
    std::uint64_t received = 0;           // datagrams, UDP and tunnel
    std::uint64_t received_bytes = 0;     // of these
    std::uint64_t forwarded_records = 0;  // record copies handed to the kernel or the tunnel
    std::uint64_t sent = 0;               // datagrams handed to the kernel
    std::uint64_t sent_bytes = 0;         // of these and of those that it refused
    std::uint64_t dropped_malformed = 0;
    std::uint64_t dropped_unknown_route = 0;
    std::uint64_t dropped_bad_mac = 0;  // or of an epoch that is not good (any more)
    std::uint64_t dropped_replayed = 0;
    std::uint64_t dropped_muted = 0;
    std::uint64_t dropped_no_room = 0;  // voice from outside of any room, or whispered to nobody
    std::uint64_t dropped_too_fast =
        0;  // over packets_per_second_max, the room's or the server's bitrate
    std::uint64_t dropped_send_failed = 0;
    std::uint64_t dropped_socket_overflow = 0;  // SO_RXQ_OVFL: lost before we read them
    std::uint64_t dropped_tunnel_full = 0;
};

/// Owned by main; one instance a server. All members are [control] unless marked.
class Relay {
public:
    /// Binds the sockets and starts the threads. Fails with io, naming the address, when one
    /// cannot be bound.
    static Result<std::unique_ptr<Relay>> create(const Config& config);
    /// Stops the threads and waits for them.
    virtual ~Relay() = default;

    /// The port that every socket got.
    [[nodiscard]] virtual std::uint16_t port() const = 0;

    struct Seated {
        SeatPtr seat;
        Route route{};  // in no room yet: good for pings
    };
    virtual Seated open_seat(SessionId session, HopKeys keys) = 0;
    /// The keys of a resumed connection. The old epoch is good until old_epoch_lifetime after
    /// the first packet of the new.
    virtual void rekey(const SeatPtr& seat, HopKeys keys) = 0;
    /// Moves the seat to a channel, or out of any with a zero id, and gives its new route; the old
    /// one is good for old_route_lifetime, but what comes over it goes to nobody but the old room, or, out of
    /// any, to no room, and to those whom the seat whispers to.
    virtual Route move(const SeatPtr& seat, ChannelId channel) = 0;
    /// Who hears this seat's stream, 1 to 7, from now on, wherever it is: nobody else does, whoever
    /// shares its room. It goes along when the seat moves, and ends with it. Nobody: such voice is
    /// dropped.
    virtual void set_whisper(const SeatPtr& seat, StreamId stream,
                             std::vector<SeatPtr> listeners) = 0;
    /// How many of the codec's bits a second each talker may send to this room from now on, as
    /// limits.hpp has it; what is more is dropped. 0: as many as Config allows, which is never more.
    /// It holds until it is said otherwise, whoever is in the room.
    virtual void set_bitrate(ChannelId channel, std::uint32_t bps_max) = 0;
    virtual void set_flags(const SeatPtr& seat, VoiceFlags flags) = 0;
    virtual void set_downlink(const SeatPtr& seat, DownlinkLane lane) = 0;
    /// From this call on nothing is accepted from the seat nor sent to it.
    virtual void close_seat(const SeatPtr& seat) = 0;

    /// A datagram that came through the control lane: same bytes, same checks. False when the ring
    /// to the relay thread is full; the packet is then lost like any other.
    virtual bool tunnel_up(const SeatPtr& seat, ByteView datagram) = 0;
    /// What waits for tunnelled talkies, oldest first, at most `max` of them. `on_tunnel_down`
    /// says when to look.
    virtual std::vector<TunnelledDown> take_tunnel_down(std::size_t max) = 0;
    /// Called from a relay thread, at most once until take_tunnel_down() found nothing left.
    virtual void on_tunnel_down(std::function<void()> wake) = 0;

    /// Whether voice of this seat was forwarded to its room within `speaking_hold` and its spurt has
    /// not ended. What it whispers is not for the room to see.
    [[nodiscard]] virtual bool speaking(const SeatPtr& seat, TimePoint now) const = 0;
    /// Whether a whisper of this seat was forwarded within `speaking_hold`.
    [[nodiscard]] virtual bool whispering(const SeatPtr& seat, TimePoint now) const = 0;
    /// Recomputes what pongs tell each room of its members' losses; call once a second.
    virtual void update_room_losses() = 0;

    /// [any]
    [[nodiscard]] virtual Counters counters() const = 0;
    /// [any] CPU time of the relay threads so far: for benchmarks and metrics.
    [[nodiscard]] virtual std::chrono::nanoseconds cpu_time() const = 0;
};

}  // namespace partyline::relay
