// A wire tap: forwards one talkie's TCP and UDP to the server on loopback, and notes the datagrams.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace partyline::harness {

/// An open file descriptor with an owner.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

/// A talkie that is given this port instead of the server's notices nothing but a few microseconds.
/// One talkie a tap: what comes back goes to whoever sent a datagram last.
class Tap {
public:
    /// Listens on 127.0.0.1, TCP and UDP with the same number. Throws Failure.
    explicit Tap(std::uint16_t server_port);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    enum class Direction : std::uint8_t { up, down };
    struct Datagram {
        Direction direction{};
        TimePoint at;
        Bytes bytes;
    };
    /// All datagrams so far, dropped ones included.
    [[nodiscard]] std::vector<Datagram> datagrams() const;

    /// While on, no datagram gets through in either direction.
    void drop_udp(bool on) { drop_udp_ = on; }
    /// Breaks all TCP connections, as networks do: nobody says good-bye.
    void cut_tcp();
    /// While on, TCP connections are broken as soon as they are made. Those that stand are cut first.
    void refuse_tcp(bool on);
    /// Sends the talkie a datagram as if it came from the server. Throws Failure before the talkie
    /// has sent one.
    void inject_down(ByteView datagram);
    /// Sends the server a datagram as if it came from the talkie.
    void inject_up(ByteView datagram);

private:
    /// One direction of one TCP connection.
    struct Stream {
        int from = -1;
        int to = -1;
        Bytes waiting;
        bool ended = false;
    };
    struct Connection {
        Descriptor talkie;
        Descriptor server;
        Stream up;
        Stream down;
    };

    void run(const std::stop_token& stop);
    void accept_connection();
    static bool pump(Stream& stream, bool readable);
    void serve_connections(const std::vector<int>& ready);
    void forward_up();
    void forward_down();
    void note(Direction direction, ByteView bytes);

    sockaddr_in server_{};
    std::uint16_t port_ = 0;
    Descriptor listener_;
    Descriptor talkie_udp_;
    Descriptor server_udp_;
    Descriptor wake_;
    std::atomic<bool> drop_udp_{false};
    std::atomic<bool> cut_tcp_{false};
    std::atomic<bool> refuse_tcp_{false};
    std::list<Connection> connections_;  // the thread's own

    mutable std::mutex mutex_;
    std::vector<Datagram> datagrams_;
    std::optional<sockaddr_in> talkie_;  // where the last datagram came from

    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace partyline::harness
