#include "server/relay/relay.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "server/relay/limits.hpp"
#include "server/relay/seating.hpp"
#include "server/relay/worker.hpp"

namespace partyline::relay {
namespace {

/// Joins control's half to the threads.
class ThreadedRelay final : public Relay, private CommandPort {
public:
    using Sockets = std::vector<net::UdpSocket>;

    /// One set of sockets for each thread.
    ThreadedRelay(std::uint16_t port, std::vector<Sockets> sockets, std::uint32_t bps_max)
        : port_(port), seating_(*this, static_cast<unsigned>(sockets.size())) {
        for (auto& set : sockets) {
            const auto number = static_cast<unsigned>(workers_.size());
            workers_.push_back(std::make_unique<Worker>(number, std::move(set), bps_max, bell_));
        }
    }

    std::uint16_t port() const override { return port_; }

    Seated open_seat(SessionId session, HopKeys keys) override {
        return seating_.open(session, std::move(keys));
    }
    void rekey(const SeatPtr& seat, HopKeys keys) override {
        seating_.rekey(*seat, std::move(keys));
    }
    Route move(const SeatPtr& seat, ChannelId channel) override {
        return seating_.move(seat, channel);
    }
    void set_whisper(const SeatPtr& seat, StreamId stream,
                     std::vector<SeatPtr> listeners) override {
        seating_.set_whisper(*seat, stream, std::move(listeners));
    }
    void set_bitrate(ChannelId channel, std::uint32_t bps_max) override {
        seating_.set_bitrate(channel, bps_max);
    }
    void set_flags(const SeatPtr& seat, VoiceFlags flags) override { seat->set_flags(flags); }
    void set_downlink(const SeatPtr& seat, DownlinkLane lane) override { seat->lane.store(lane); }
    void close_seat(const SeatPtr& seat) override { seating_.close(seat); }

    bool tunnel_up(const SeatPtr& seat, ByteView datagram) override;
    std::vector<TunnelledDown> take_tunnel_down(std::size_t max) override;
    void on_tunnel_down(std::function<void()> wake) override {
        for (const auto& worker : workers_) {
            worker->set_tunnel_wake(wake);
        }
    }

    bool speaking(const SeatPtr& seat, TimePoint now) const override {
        return seat->is_speaking(now);
    }
    bool whispering(const SeatPtr& seat, TimePoint now) const override {
        return seat->is_whispering(now);
    }
    void update_room_losses() override { seating_.update_room_losses(SystemClock{}.now()); }
    Counters counters() const override;
    std::chrono::nanoseconds cpu_time() const override;

private:
    void command(unsigned thread, Command command) override {
        workers_[thread]->command(std::move(command));
    }
    bool collect_tunnel_down(std::vector<TunnelledDown>& taken, std::size_t max);

    const std::uint16_t port_;
    Seating seating_;
    TunnelBell bell_;
    CounterCells own_counters_;  // of what never reached a thread
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t tunnel_turn_ = 0;  // whose turn it is to be emptied
};

bool ThreadedRelay::tunnel_up(const SeatPtr& seat, ByteView datagram) {
    const auto parsed = wire::parse_header(datagram);
    const auto thread = parsed ? seating_.thread_of(parsed->header.route) : std::nullopt;
    if (!thread) {
        own_counters_.received.add(1);
        own_counters_.received_bytes.add(datagram.size());
        own_counters_.dropped_malformed.add(1);
        return true;
    }
    const bool pushed = workers_[*thread]->tunnel_up(seat, datagram);
    if (!pushed) {
        own_counters_.dropped_tunnel_full.add(1);
    }
    return pushed;
}

// False when nothing is left.
bool ThreadedRelay::collect_tunnel_down(std::vector<TunnelledDown>& taken, std::size_t max) {
    // One of each in turn, and the next time from the next one on, so that no busy thread's talkies
    // are heard at the cost of another's.
    std::size_t empty_in_a_row = 0;
    while (taken.size() < max && empty_in_a_row < workers_.size()) {
        auto down = workers_[tunnel_turn_]->take_tunnel_down();
        tunnel_turn_ = (tunnel_turn_ + 1) % workers_.size();
        empty_in_a_row = down ? 0 : empty_in_a_row + 1;
        if (down) {
            taken.push_back(std::move(*down));
        }
    }
    return taken.size() == max;
}

std::vector<TunnelledDown> ThreadedRelay::take_tunnel_down(std::size_t max) {
    std::vector<TunnelledDown> taken;
    if (!collect_tunnel_down(taken, max)) {
        // A thread may have pushed since we looked, and not rung because the bell was still rung:
        // so look again once it is not. What is pushed after that look, rings.
        bell_.reset();
        if (collect_tunnel_down(taken, max)) {
            bell_.ring();  // more may be left, and we are awake
        }
    }
    return taken;
}

Counters ThreadedRelay::counters() const {
    Counters sum;
    own_counters_.add_to(sum);
    for (const auto& worker : workers_) {
        worker->counters().add_to(sum);
    }
    return sum;
}

std::chrono::nanoseconds ThreadedRelay::cpu_time() const {
    std::chrono::nanoseconds sum{};
    for (const auto& worker : workers_) {
        sum += worker->cpu_time();
    }
    return sum;
}

// One socket for each thread, all on the same port, which is that of the first when it is 0.
Result<void> bind_endpoint(const Config& config, net::Endpoint endpoint,
                           std::vector<ThreadedRelay::Sockets>& sockets) {
    const net::UdpOptions options{.v6_only = net::leaves_v4(endpoint, config.listen),
                                  .reuse_port = config.threads > 1,
                                  .receive_buffer_bytes = socket_buffer_bytes,
                                  .send_buffer_bytes = socket_buffer_bytes,
                                  .count_overflow = true};
    for (auto& set : sockets) {
        auto socket = net::UdpSocket::bind(endpoint, options);
        if (!socket) {
            return std::unexpected(std::move(socket.error()));
        }
        endpoint = endpoint.with_port(socket->local().port());
        set.push_back(std::move(*socket));
    }
    if (config.threads > 1) {
        return sockets.front().back().steer_by_byte(route_low_byte_offset, config.threads);
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Relay>> Relay::create(const Config& config) {
    if (config.threads < 1 || config.threads > threads_max) {
        return fail(ErrorCode::config, std::format("the relay takes 1 to {} threads, not {}",
                                                   threads_max, config.threads));
    }
    if (config.listen.empty() || config.listen.size() > listen_endpoints_max) {
        return fail(ErrorCode::config, std::format("the relay listens on 1 to {} addresses, not {}",
                                                   listen_endpoints_max, config.listen.size()));
    }
    std::vector<ThreadedRelay::Sockets> sockets(config.threads);
    std::uint16_t port = 0;
    for (const auto& endpoint : config.listen) {
        const auto wanted = endpoint.port() == 0 ? endpoint.with_port(port) : endpoint;
        if (auto bound = bind_endpoint(config, wanted, sockets); !bound) {
            return std::unexpected(std::move(bound.error()));
        }
        port = sockets.front().back().local().port();
    }
    return std::make_unique<ThreadedRelay>(port, std::move(sockets), config.talker_bps_max);
}

}  // namespace partyline::relay
