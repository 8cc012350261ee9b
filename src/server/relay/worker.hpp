// One relay thread: sockets in, core, sockets out.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "base/spsc_ring.hpp"
#include "net/udp.hpp"
#include "server/relay/core.hpp"
#include "server/relay/relay.hpp"
#include "server/relay/slots.hpp"

namespace partyline::relay {

/// Tells control once that tunnelled datagrams wait, whichever thread they come from, until control
/// has found none left. [any]
class TunnelBell {
public:
    /// True for the one who has to wake control.
    bool ring() { return !rung_.exchange(true); }
    void reset() { rung_.store(false); }

private:
    std::atomic<bool> rung_{false};
};

/// Owned by the relay. The thread owns the core, its tables and its buffers; control and the thread
/// meet in bounded rings only. Who writes to a ring then wakes the thread; see wake().
class Worker final : private Outbox {
public:
    Worker(unsigned number, std::vector<net::UdpSocket> sockets, std::uint32_t bps_max,
           TunnelBell& bell);
    /// Stops the thread and waits for it.
    ~Worker() override;

    /// [control] Waits while the ring is full: the thread empties it without ever waiting for us.
    void command(Command command);
    /// [control]
    void set_tunnel_wake(std::function<void()> wake);
    /// [control] False when the ring is full.
    bool tunnel_up(const SeatPtr& seat, ByteView datagram);
    /// [control] The oldest datagram for a tunnelled talkie.
    std::optional<TunnelledDown> take_tunnel_down() { return tunnel_down_.pop(); }

    /// [any]
    [[nodiscard]] const CounterCells& counters() const { return counters_; }
    /// [any]
    [[nodiscard]] std::chrono::nanoseconds cpu_time() const;

private:
    using Order = std::variant<Command, std::function<void()>>;
    struct TunnelledUp {
        SeatPtr seat;
        Bytes datagram;
    };
    struct Socket {
        explicit Socket(net::UdpSocket udp_in);
        net::UdpSocket udp;
        net::SendBatch out;
        std::optional<net::SendBatch::Payload> payload;  // of the last begin(), once made
        std::uint32_t overflow_seen = 0;
        std::uint64_t out_bytes = 0;  // of what is in `out`
    };

    // Control's side
    void order(Order order);
    void wake();

    // The thread's side
    void run();
    [[nodiscard]] std::optional<Duration> time_to_next(TimePoint now) const;
    void obey(TimePoint now);
    void receive(std::size_t number, TimePoint now);
    void receive_tunnelled(const TunnelledUp& up, TimePoint now);
    Slot take_slot(TimePoint now);
    void lay_out(std::size_t index, TimePoint now);
    void transmit();
    void transmit(Socket& socket);

    void begin(std::span<const ByteView> slices) override;
    void send(const PeerAddress& to) override;
    void tunnel(SessionId to) override;
    void reply(const PeerAddress& to, ByteView datagram) override;
    void release(Slot slot) override { released_.push_back(slot); }

    const unsigned number_;
    TunnelBell& bell_;

    // Shared with control.
    SpscRing<Order> orders_;
    SpscRing<TunnelledUp> tunnel_up_;
    SpscRing<TunnelledDown> tunnel_down_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> woken_{false};
    net::WakeFd wake_fd_;
    CounterCells counters_;

    // The thread's own.
    std::vector<Socket> sockets_;
    std::vector<int> polled_;  // the wake fd, then the sockets'
    Core core_;
    Slots slots_;
    net::ReceiveBatch in_;
    std::array<Slot, receive_batch_max> laid_out_{};  // the slots that in_ will fill
    std::vector<Slot> released_;                      // free once what is put out has been sent
    std::vector<ByteView> slices_;                    // of the last begin()
    std::uint64_t slices_bytes_ = 0;
    std::vector<std::array<std::byte, probe_bytes>> replies_;
    std::function<void()> tunnel_wake_;
    bool tunnel_grew_ = false;

    std::thread thread_;  // last, so that all else is there when it starts
};

}  // namespace partyline::relay
