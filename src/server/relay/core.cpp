#include "server/relay/core.hpp"

#include <algorithm>
#include <utility>

#include "server/relay/deliver.hpp"
#include "wire/datagram.hpp"

namespace partyline::relay {

using wire::DatagramKind;

// An uplink datagram on its way through the checks; each check fills in what it has found out.
struct Core::Packet {
    const Incoming& incoming;
    wire::Header header;
    ByteView body;
    std::optional<wire::Record> record;  // of voice
    HopEpochs::Checked checked{};
    bool from_proven_address = false;

    /// Length, kind and fixed fields; nothing unless all are as they must be.
    static std::optional<Packet> parse(const Incoming& incoming);
};

std::optional<Core::Packet> Core::Packet::parse(const Incoming& incoming) {
    const auto parsed = wire::parse_header(incoming.bytes);
    if (!parsed) {
        return std::nullopt;
    }
    Packet packet{.incoming = incoming, .header = parsed->header, .body = parsed->body};
    std::size_t taken = 0;
    switch (packet.header.kind) {
        case DatagramKind::voice:
            packet.record = wire::parse_record(packet.body, &taken);
            return packet.record && taken == packet.body.size() ? std::optional(packet)
                                                                : std::nullopt;
        case DatagramKind::ping:
        case DatagramKind::echo:
            return packet.body.size() == wire::probe_body_bytes ? std::optional(packet)
                                                                : std::nullopt;
        case DatagramKind::pong:
        case DatagramKind::challenge: break;  // these only go down
    }
    return std::nullopt;
}

// --- what control tells ----------------------------------------------------------------------

void Core::apply(Command command, TimePoint now) {
    std::visit([&](auto& one) { on(std::move(one), now); }, command);
}

void Core::on(RouteSetup setup, TimePoint) {
    Channel* channel = nullptr;
    if (setup.channel) {
        channel = &channels_.try_emplace(setup.channel, setup.channel).first->second;
        channel->add_route();
    }
    const auto route = setup.route;
    routes_.try_emplace(route, std::move(setup), channel, fill_random_);
}

void Core::on(RetireRoute retire, TimePoint now) {
    const auto found = routes_.find(retire.route);
    if (found != routes_.end()) {
        found->second.expires_at = now + old_route_lifetime;
        retired_.emplace_back(now + old_route_lifetime, retire.route);
    }
}

void Core::on(SilenceRoute silence, TimePoint) {
    const auto found = routes_.find(silence.route);
    if (found != routes_.end() && found->second.seat->session == silence.session) {
        found->second.silent = true;
    }
}

void Core::on(DropRoute drop_route, TimePoint) { drop(drop_route.route); }

void Core::on(Rekey rekey, TimePoint) {
    const auto found = routes_.find(rekey.route);
    if (found != routes_.end()) {
        found->second.epochs.rekey(std::move(rekey.keys));
    }
}

void Core::on(SetListeners set, TimePoint) {
    auto& channel = channels_.try_emplace(set.channel, set.channel).first->second;
    channel.set_listeners(std::move(set.listeners));
    drop_if_unused(channel);
}

void Core::on(SetWhispers set, TimePoint) {
    const auto found = routes_.find(set.route);
    if (found != routes_.end() && found->second.seat->session == set.session) {
        found->second.whispers = std::move(set.whispers);
    }
}

void Core::drop(Route route) {
    const auto found = routes_.find(route);
    if (found == routes_.end()) {
        return;
    }
    auto* const channel = found->second.channel;
    routes_.erase(found);
    if (channel != nullptr) {
        channel->drop_route();
        drop_if_unused(*channel);
    }
}

void Core::drop_if_unused(Channel& channel) {
    if (channel.is_unused()) {
        channels_.erase(channel.id);
    }
}

// --- what arrives ----------------------------------------------------------------------------

bool Core::receive(const Incoming& incoming, TimePoint now) {
    counters_.received.add(1);
    counters_.received_bytes.add(incoming.bytes.size());
    auto packet = Packet::parse(incoming);
    if (!packet) {
        counters_.dropped_malformed.add(1);
        return false;
    }
    auto* const route = find_route(incoming, packet->header.route, now);
    if (route == nullptr) {
        counters_.dropped_unknown_route.add(1);
        return false;
    }
    if (!authenticate(*route, *packet, now)) {
        return false;
    }
    if (packet->header.kind == DatagramKind::echo && take_echo(*route, *packet, now)) {
        return false;
    }
    meet_address(*route, *packet, now);
    switch (packet->header.kind) {
        case DatagramKind::voice: return take_voice(*route, *packet, now);
        case DatagramKind::ping: take_ping(*route, *packet); return false;
        default: return false;
    }
}

RouteState* Core::find_route(const Incoming& incoming, Route route, TimePoint now) {
    const auto found = routes_.find(route);
    if (found == routes_.end()) {
        return nullptr;
    }
    auto& state = found->second;
    const bool is_over = state.expires_at && now >= *state.expires_at;
    const bool is_anothers =
        incoming.through_tunnel != nullptr && incoming.through_tunnel != state.seat.get();
    const bool is_closed = state.seat->closed.load(std::memory_order_relaxed);
    return is_over || is_anothers || is_closed ? nullptr : &state;
}

bool Core::authenticate(RouteState& route, Packet& packet, TimePoint now) {
    packet.checked = route.epochs.check(packet.header, packet.incoming.bytes, now);
    switch (packet.checked.verdict) {
        case HopEpochs::Verdict::bad_mac: counters_.dropped_bad_mac.add(1); return false;
        case HopEpochs::Verdict::replayed: counters_.dropped_replayed.add(1); return false;
        case HopEpochs::Verdict::good: break;
    }
    if (packet.checked.is_newest_epoch) {
        if (packet.checked.is_first) {
            route.uplink_loss = {};  // each epoch counts anew
        }
        route.uplink_loss.note(packet.header.counter);
    }
    if (!route.seat->rate.admit(now)) {
        counters_.dropped_too_fast.add(1);
        return false;
    }
    return true;
}

// Authentic is not enough: somebody on the way may have sent the packet on from elsewhere. So a new
// address is asked, with no more bytes than it sent, and only a newer packet can make us ask.
void Core::meet_address(RouteState& route, Packet& packet, TimePoint now) {
    const auto& incoming = packet.incoming;
    if (incoming.through_tunnel != nullptr) {
        return;
    }
    if (route.seat->address.load() == incoming.from) {
        packet.from_proven_address = true;
        route.seat->last_uplink.store(now, std::memory_order_relaxed);
        return;
    }
    if (!packet.checked.is_highest || route.expires_at || incoming.bytes.size() < probe_bytes) {
        return;
    }
    if (const auto nonce = route.challenges.issue(incoming.from, now)) {
        reply(DatagramKind::challenge, *nonce, route, packet);
    }
}

bool Core::take_echo(RouteState& route, const Packet& packet, TimePoint now) {
    const auto& incoming = packet.incoming;
    if (incoming.through_tunnel != nullptr || route.expires_at ||
        !route.challenges.redeem(incoming.from, packet.body, now)) {
        return false;
    }
    if (route.seat->address.store(incoming.from)) {
        route.seat->last_uplink.store(now, std::memory_order_relaxed);
    }
    return true;
}

void Core::take_ping(RouteState& route, const Packet& packet) {
    const auto ping = wire::parse_ping(packet.body);
    if (!ping) {
        counters_.dropped_malformed.add(1);
        return;
    }
    auto& seat = *route.seat;
    seat.downlink_loss_permille.store(std::min(ping->downlink_loss_permille, permille_max),
                                      std::memory_order_relaxed);
    if (const auto loss = route.uplink_loss.take_permille()) {
        seat.uplink_loss_permille.store(*loss, std::memory_order_relaxed);
    }
    if (!packet.from_proven_address) {
        return;  // it gets the challenge only
    }
    const wire::Pong pong{
        .sent = ping->sent,
        .uplink_loss_permille = seat.uplink_loss_permille.load(std::memory_order_relaxed),
        .room_loss_permille = route.room ? route.room->loss_permille.load(std::memory_order_relaxed)
                                         : std::uint16_t{0}};
    reply(DatagramKind::pong, wire::encode(pong), route, packet);
}

bool Core::take_voice(RouteState& route, const Packet& packet, TimePoint now) {
    auto& seat = *route.seat;
    if (packet.record->speaker != seat.session) {
        counters_.dropped_malformed.add(1);
        return false;
    }
    if (seat.muted.load(std::memory_order_relaxed)) {
        counters_.dropped_muted.add(1);
        return false;
    }
    if (packet.record->stream() != StreamId{}) {
        return take_whisper(route, packet, now);
    }
    if (route.channel == nullptr || route.silent) {
        counters_.dropped_no_room.add(1);
        return false;
    }
    const auto room_bps_max = route.room->bitrate_bps_max.load(std::memory_order_relaxed);
    const auto bps_max =
        room_bps_max == 0 ? talker_bps_max_ : std::min(room_bps_max, talker_bps_max_);
    if (!seat.bitrate.admit(packet.record->sealed.size(), bps_max, now)) {
        counters_.dropped_too_fast.add(1);
        return false;
    }
    if (!route.expires_at) {  // what comes late from the room before is no speaking in this one
        seat.last_voice.store(packet.record->ends_spurt() ? TimePoint::min() : now,
                              std::memory_order_relaxed);
    }
    auto& channel = *route.channel;
    if (!channel.has_listeners()) {
        return false;
    }
    if (!channel.due()) {
        waiting_.push_back(&channel);
    }
    const auto lead_and_record = packet.incoming.bytes.subspan(wire::uplink_header_bytes - 1);
    if (channel.add({.lead_and_record = lead_and_record,
                     .speaker = seat.session,
                     .slot = packet.incoming.slot},
                    now)) {
        std::erase(waiting_, &channel);
        flush(channel, now);
    }
    return true;
}

// Put out at once: frames of others that it could share a datagram with go to other people.
bool Core::take_whisper(RouteState& route, const Packet& packet, TimePoint now) {
    const auto* const listeners =
        route.whispers ? route.whispers->find(packet.record->stream()) : nullptr;
    if (listeners == nullptr) {
        counters_.dropped_no_room.add(1);
        return false;
    }
    if (!route.seat->whispered.admit(packet.record->sealed.size(), talker_bps_max_, now)) {
        counters_.dropped_too_fast.add(1);
        return false;
    }
    route.seat->last_whisper.store(now, std::memory_order_relaxed);
    const auto lead_and_record = packet.incoming.bytes.subspan(wire::uplink_header_bytes - 1);
    lead_and_record.front() = wire::downlink_voice_lead;
    const ByteView slices[] = {lead_and_record};
    outbox_.begin(slices);
    std::uint64_t copies = 0;
    for (const auto& listener : listeners->seats) {
        copies += deliver(*listener, outbox_, now) ? 1U : 0U;
    }
    counters_.forwarded_records.add(copies);
    outbox_.release(packet.incoming.slot);
    return true;
}

void Core::reply(DatagramKind kind, const wire::ProbeBody& body, const RouteState& route,
                 const Packet& packet) {
    const auto& keys = *packet.checked.keys;
    std::array<std::byte, probe_bytes> datagram{};
    wire::write_header(
        datagram,
        {.kind = kind,
         .hop_epoch = keys.epoch,
         .route = packet.header.route,
         .counter = route.seat->down_counter.fetch_add(1, std::memory_order_relaxed) + 1});
    std::ranges::copy(body, datagram.begin() + wire::uplink_header_bytes);
    crypto::hop_seal(keys.down, datagram);
    outbox_.reply(packet.incoming.from, datagram);
}

// --- what goes out ---------------------------------------------------------------------------

void Core::flush(Channel& channel, TimePoint now) {
    counters_.forwarded_records.add(channel.flush(outbox_, now));
    drop_if_unused(channel);
}

void Core::flush(TimePoint now) {
    while (!retired_.empty() && retired_.front().first <= now) {
        drop(retired_.front().second);
        retired_.pop_front();
    }
    std::erase_if(waiting_, [&](Channel* channel) {
        const bool is_due = channel->due() <= now;
        if (is_due) {
            flush(*channel, now);
        }
        return is_due;
    });
}

void Core::flush_all(TimePoint now) {
    for (auto* const channel : std::exchange(waiting_, {})) {
        flush(*channel, now);
    }
}

std::optional<TimePoint> Core::next_due() const {
    std::optional<TimePoint> next;
    if (!retired_.empty()) {
        next = retired_.front().first;
    }
    for (const auto* const channel : waiting_) {
        if (!next || *channel->due() < *next) {
            next = channel->due();
        }
    }
    return next;
}

}  // namespace partyline::relay
