// A Relay without sockets and threads, driven by hand: for the simulator and for tests.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "server/relay/core.hpp"
#include "server/relay/relay.hpp"
#include "server/relay/seating.hpp"
#include "server/relay/slots.hpp"

namespace partyline::relay {

/// The same code as the real one's but for the sockets: one core, and time as the caller says. One
/// thread.
class ManualRelay final : public Relay, private CommandPort, private Outbox {
public:
    using Send = std::function<void(const net::Endpoint& to, ByteView datagram)>;

    /// `send` gets what would go out; the bytes are good during the call.
    ManualRelay(const Clock& clock, FillRandom fill_random, Send send,
                std::uint32_t bps_max = talker_bps_max);
    ~ManualRelay() override;

    /// A datagram arrives at the relay's port.
    void deliver(ByteView datagram, const net::Endpoint& from);
    /// What the thread does after each batch: call it after the datagrams that arrive together.
    void flush();
    /// When flush() is due even if nothing arrives.
    [[nodiscard]] std::optional<TimePoint> next_due() const { return core_.next_due(); }

    [[nodiscard]] const Core& core() const { return core_; }
    [[nodiscard]] std::size_t free_slots() const { return slots_.free(); }

    [[nodiscard]] std::uint16_t port() const override { return wire::default_port; }
    Seated open_seat(SessionId session, HopKeys keys) override;
    void rekey(const SeatPtr& seat, HopKeys keys) override;
    Route move(const SeatPtr& seat, ChannelId channel) override;
    void set_whisper(const SeatPtr& seat, StreamId stream, std::vector<SeatPtr> listeners) override;
    void set_bitrate(ChannelId channel, std::uint32_t bps_max) override;
    void set_flags(const SeatPtr& seat, VoiceFlags flags) override;
    void set_downlink(const SeatPtr& seat, DownlinkLane lane) override;
    void close_seat(const SeatPtr& seat) override;
    bool tunnel_up(const SeatPtr& seat, ByteView datagram) override;
    std::vector<TunnelledDown> take_tunnel_down(std::size_t max) override;
    void on_tunnel_down(std::function<void()> wake) override;
    [[nodiscard]] bool speaking(const SeatPtr& seat, TimePoint now) const override;
    [[nodiscard]] bool whispering(const SeatPtr& seat, TimePoint now) const override;
    void update_room_losses() override;
    [[nodiscard]] Counters counters() const override;
    [[nodiscard]] std::chrono::nanoseconds cpu_time() const override { return {}; }

private:
    void command(unsigned thread, Command command) override;
    void begin(std::span<const ByteView> slices) override;
    void send(const PeerAddress& to) override;
    void tunnel(SessionId to) override;
    void reply(const PeerAddress& to, ByteView datagram) override;
    void release(Slot slot) override { slots_.release(slot); }
    void receive(ByteView datagram, const net::Endpoint& from, const Seat* through_tunnel);

    const Clock& clock_;
    const Send send_;

    CounterCells counters_;
    Core core_;
    Seating seating_;
    Slots slots_;
    Bytes payload_;
    std::deque<TunnelledDown> tunnel_down_;
    std::function<void()> wake_;
    bool woken_ = false;
};

}  // namespace partyline::relay
