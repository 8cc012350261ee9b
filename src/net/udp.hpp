// UDP in batches: many datagrams for one system call. Knows no loop and no thread: whoever owns a
// socket polls it, or gives its fd() to a ReadWatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/endpoint.hpp"

namespace partyline::net {

struct UdpOptions {
    bool v6_only = false;     // [::] takes IPv4, too, unless this is set
    bool reuse_port = false;  // several sockets of this process share the port
    /// 0: the system's default. Asked for beyond the system's limit where we may.
    std::size_t receive_buffer_bytes = 0;
    std::size_t send_buffer_bytes = 0;
    bool count_overflow = false;  // ReceiveBatch::overflow()
};

class ReceiveBatch;
class SendBatch;

/// A socket that never blocks. Moved, not copied. One thread at a time.
class UdpSocket {
public:
    /// Fails with io, naming the address and why. Where the system has no IPv6, [::] means 0.0.0.0.
    /// Bound to either, a batch tells for each datagram which of the machine's addresses it was
    /// sent to: an answer must leave from there, or a connected peer will not take it.
    static Result<UdpSocket> bind(const Endpoint& local, const UdpOptions& options = {});
    /// A socket for one peer: others' datagrams never show.
    static Result<UdpSocket> connect(const Endpoint& peer, const UdpOptions& options = {});
    ~UdpSocket();
    UdpSocket(UdpSocket&& other) noexcept;
    UdpSocket& operator=(UdpSocket&& other) noexcept;

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] Endpoint local() const;
    /// What the system really gave.
    [[nodiscard]] std::size_t receive_buffer_bytes() const;

    /// Fills the batch with what has come; says how many datagrams, 0 if none.
    std::size_t receive(ReceiveBatch& batch);
    struct Sent {
        std::size_t accepted = 0;
        std::size_t failed = 0;  // refused by the system, or its buffer was full: lost
    };
    /// Hands all of the batch to the system, skipping what it refuses, and clears it.
    Sent send(SendBatch& batch);

    // One datagram at a time, for whoever has few.
    struct Received {
        std::size_t bytes = 0;  // longer datagrams are cut to the buffer's size
        Endpoint from;
    };
    std::optional<Received> receive(MutableByteView out);
    bool send_to(const Endpoint& to, ByteView datagram);
    /// To the peer of connect().
    bool send(ByteView datagram);

    /// Of the sockets bound to this port with reuse_port, in the order of binding: sends each
    /// datagram to number (byte at `offset` of the datagram) modulo `sockets`; one that is too
    /// short goes to the first. Called once, after all are bound.
    Result<void> steer_by_byte(std::size_t offset, unsigned sockets);

private:
    UdpSocket(int fd, Endpoint::Family family) : fd_(fd), family_(family) {}
    int fd_ = -1;
    Endpoint::Family family_ = Endpoint::Family::v6;
};

/// Where recvmmsg puts what it gets. Buffers are the caller's. One thread.
class ReceiveBatch {
public:
    explicit ReceiveBatch(std::size_t datagrams_max);
    ~ReceiveBatch();

    [[nodiscard]] std::size_t capacity() const;
    /// The next receive() puts its datagram number `index` there. Must be called for each index
    /// below the size given to set_size() before the first receive().
    void set_buffer(std::size_t index, MutableByteView buffer);
    /// The next receive() takes at most so many.
    void set_size(std::size_t datagrams);

    /// What the last receive() brought. A datagram longer than its buffer is cut.
    [[nodiscard]] ByteView datagram(std::size_t index) const;
    [[nodiscard]] MutableByteView mutable_datagram(std::size_t index) const;
    [[nodiscard]] Endpoint from(std::size_t index) const;
    /// The address of ours that it was sent to; zero for a socket that has only one.
    [[nodiscard]] Endpoint::Address to(std::size_t index) const;
    /// How many datagrams the system has dropped since the socket was made because its receive
    /// buffer was full, as of the last datagram received (SO_RXQ_OVFL; wraps at 2^32).
    [[nodiscard]] std::uint32_t overflow() const;

private:
    friend class UdpSocket;
    struct Native;
    std::unique_ptr<Native> native_;
};

/// What sendmmsg gets: payloads made of slices, each for any number of destinations. Nothing is
/// copied: slices stay as they are until sent. Never allocates after construction. One thread.
class SendBatch {
public:
    struct Sizes {
        std::size_t datagrams = 0;
        std::size_t slices = 0;
    };
    explicit SendBatch(Sizes sizes_max);
    ~SendBatch();
    SendBatch(SendBatch&&) noexcept;

    struct Payload {
        std::uint32_t first_slice = 0;
        std::uint32_t slices = 0;
    };
    /// Nothing when there is no room for the slices: send() first.
    std::optional<Payload> payload(std::span<const ByteView> slices);
    /// `from`: the address of ours to send from, or zero for what the system chooses. False when
    /// there is no room: send() first, and make the payload anew.
    bool add(const Endpoint& to, Payload payload, const Endpoint::Address& from = {});

    [[nodiscard]] std::size_t size() const;
    void clear();

private:
    friend class UdpSocket;
    struct Native;
    std::unique_ptr<Native> native_;
};

/// Wakes a thread that polls: an eventfd. wake() is [any], the rest is the poller's.
class WakeFd {
public:
    WakeFd();
    ~WakeFd();
    WakeFd(const WakeFd&) = delete;
    WakeFd& operator=(const WakeFd&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    void wake();
    /// Makes the descriptor silent until the next wake().
    void clear();

private:
    int fd_ = -1;
};

/// Waits until one of `fds` (at most poll_fds_max) can be read. Bit i of the answer stands for
/// fds[i]; 0 when `limit` has passed first. No limit: for ever.
std::uint64_t poll_readable(std::span<const int> fds, std::optional<Duration> limit);

}  // namespace partyline::net
