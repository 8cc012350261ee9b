// Talkies that make load: they speak on time and sweep their sockets once a millisecond, as a
// receiver that sleeps in the kernel would have its waking charged to the server on loopback.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "bench/relay/ear.hpp"
#include "crypto/hop.hpp"
#include "net/udp.hpp"
#include "server/relay/relay.hpp"
#include "wire/datagram.hpp"

namespace partyline::bench {

struct Load {
    std::uint32_t rooms = 1;
    std::uint32_t members = 101;  // of each room
    std::uint32_t speakers = 1;   // of each room
    std::uint32_t frames_per_s = 50;
};

struct Heard {
    double seconds = 0;
    std::uint64_t records = 0;
    std::vector<std::int64_t> latencies_ns;
};

/// One thread.
class Crowd {
public:
    /// Sockets that send to `server`; nobody is known to it yet.
    Crowd(const net::Endpoint& server, const Load& load);

    /// Seats all, and has them prove their addresses. False if somebody got no pong.
    bool enter(relay::Relay& relay);
    [[nodiscard]] std::vector<net::Endpoint> addresses() const;

    /// Speaks and listens for so long.
    Heard run(Duration duration);

    [[nodiscard]] std::uint64_t frames_said() const { return frames_said_; }

private:
    struct Member {
        SessionId session{};
        net::UdpSocket socket;
        relay::SeatPtr seat;
        Route route{};
        crypto::HopKey up;
        std::uint64_t counter = 0;
        TimePoint speaks_at = TimePoint::max();
    };

    Bytes datagram(Member& member, wire::DatagramKind kind, ByteView body);
    bool prove(Member& member);
    std::optional<Bytes> answer(Member& member, ByteView datagram);
    void speak(Member& member);
    void sweep(Heard& heard);

    const Load load_;
    std::vector<Member> members_;
    Ear ear_;
    std::uint64_t frames_said_ = 0;
};

}  // namespace partyline::bench
