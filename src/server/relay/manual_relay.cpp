#include "server/relay/manual_relay.hpp"

#include <algorithm>
#include <cassert>

namespace partyline::relay {

ManualRelay::ManualRelay(const Clock& clock, FillRandom fill_random, Send send,
                         std::uint32_t bps_max)
    : clock_(clock),
      send_(std::move(send)),
      core_(*this, counters_, fill_random, bps_max),
      seating_(*this, 1) {}

ManualRelay::~ManualRelay() = default;

void ManualRelay::deliver(ByteView datagram, const net::Endpoint& from) {
    receive(datagram, from, nullptr);
}

void ManualRelay::receive(ByteView datagram, const net::Endpoint& from,
                          const Seat* through_tunnel) {
    if (slots_.free() == 0) {
        core_.flush_all(clock_.now());
    }
    const auto slot = slots_.acquire();
    assert(slot);
    const auto bytes = slots_.view(*slot).first(std::min(datagram.size(), slot_bytes));
    std::ranges::copy(datagram.first(bytes.size()), bytes.begin());
    if (!core_.receive({.bytes = bytes,
                        .slot = *slot,
                        .from = {.endpoint = from},
                        .through_tunnel = through_tunnel},
                       clock_.now())) {
        slots_.release(*slot);
    }
}

void ManualRelay::flush() { core_.flush(clock_.now()); }

Relay::Seated ManualRelay::open_seat(SessionId session, HopKeys keys) {
    return seating_.open(session, std::move(keys));
}

void ManualRelay::rekey(const SeatPtr& seat, HopKeys keys) {
    seating_.rekey(*seat, std::move(keys));
}

Route ManualRelay::move(const SeatPtr& seat, ChannelId channel) {
    return seating_.move(seat, channel);
}

void ManualRelay::set_whisper(const SeatPtr& seat, StreamId stream,
                              std::vector<SeatPtr> listeners) {
    seating_.set_whisper(*seat, stream, std::move(listeners));
}

void ManualRelay::set_bitrate(ChannelId channel, std::uint32_t bps_max) {
    seating_.set_bitrate(channel, bps_max);
}

void ManualRelay::set_flags(const SeatPtr& seat, VoiceFlags flags) { seat->set_flags(flags); }
void ManualRelay::set_downlink(const SeatPtr& seat, DownlinkLane lane) { seat->lane.store(lane); }
void ManualRelay::close_seat(const SeatPtr& seat) { seating_.close(seat); }

bool ManualRelay::tunnel_up(const SeatPtr& seat, ByteView datagram) {
    receive(datagram, {}, seat.get());
    return true;
}

std::vector<TunnelledDown> ManualRelay::take_tunnel_down(std::size_t max) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(max, tunnel_down_.size()));
    std::vector<TunnelledDown> taken(std::make_move_iterator(tunnel_down_.begin()),
                                     std::make_move_iterator(tunnel_down_.begin() + count));
    tunnel_down_.erase(tunnel_down_.begin(), tunnel_down_.begin() + count);
    woken_ = woken_ && !tunnel_down_.empty();
    return taken;
}

void ManualRelay::on_tunnel_down(std::function<void()> wake) { wake_ = std::move(wake); }

bool ManualRelay::speaking(const SeatPtr& seat, TimePoint now) const {
    return seat->is_speaking(now);
}

bool ManualRelay::whispering(const SeatPtr& seat, TimePoint now) const {
    return seat->is_whispering(now);
}

void ManualRelay::update_room_losses() { seating_.update_room_losses(clock_.now()); }

Counters ManualRelay::counters() const {
    Counters sum;
    counters_.add_to(sum);
    return sum;
}

void ManualRelay::command(unsigned, Command command) {
    core_.apply(std::move(command), clock_.now());
}

void ManualRelay::begin(std::span<const ByteView> slices) {
    payload_.clear();
    for (const auto slice : slices) {
        append(payload_, slice);
    }
}

void ManualRelay::send(const PeerAddress& to) {
    counters_.sent.add(1);
    counters_.sent_bytes.add(payload_.size());
    send_(to.endpoint, payload_);
}

void ManualRelay::tunnel(SessionId to) {
    if (tunnel_down_.size() >= tunnel_down_max) {
        counters_.dropped_tunnel_full.add(1);
        return;
    }
    tunnel_down_.push_back({.session = to, .datagram = payload_});
    if (wake_ && !std::exchange(woken_, true)) {
        wake_();
    }
}

void ManualRelay::reply(const PeerAddress& to, ByteView datagram) {
    counters_.sent.add(1);
    counters_.sent_bytes.add(datagram.size());
    send_(to.endpoint, datagram);
}

}  // namespace partyline::relay
