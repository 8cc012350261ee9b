// Connections that break, and the seats that wait for the next one. Nobody else is told of either.
#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "crypto/handshake.hpp"
#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

bool is_token(const ResumeToken& token, const Bytes& shown) {
    return crypto::equal_in_constant_time(token.view(), shown);
}

/// Whether somebody has shown to be whose seat that is, or was. The token before the newest counts, too,
/// until it is seen that the newest has arrived: the answer that brought it may have been lost with
/// its connection.
template <class Place>
bool is_its_own(const Place& place, const room::Identity& identity, const Peer& peer,
                const wire::Resume& resume) {
    const bool is_known = is_token(place.token, resume.token) ||
                          (place.token_before && is_token(*place.token_before, resume.token));
    return is_known &&
           crypto::verify_resume(identity, {.exporter = peer.exporter, .session = place.session},
                                 to_array<wire::signature_bytes>(resume.signature));
}

}  // namespace

// --- away ----------------------------------------------------------------------------------------

void Switchboard::lose(Peer& peer) {
    peers_.erase(&peer);
    if (auto* seat = seat_of(peer)) {
        detach(*seat);
    }
    settle();
}

void Switchboard::detach(Seat& seat) {
    if (config_.limits.resume == Duration{} || shutting_down_) {
        depart(seat.session);
        return;
    }
    log::info("session {} is away ({})", seat.session.value, seat.peer->address);
    std::exchange(seat.peer, nullptr)->session.reset();
    away_.keep(seat.session, clock_.now() + config_.limits.resume, seat.address);
    if (away_.size() > config_.limits.seats_away) {
        depart(*away_.oldest());
    }
}

void Switchboard::give_up_away(TimePoint now) {
    while (const auto overdue = away_.overdue(now)) {
        depart(*overdue);
    }
}

void Switchboard::let_go_beyond_share(const net::Endpoint::Address& address, std::size_t more) {
    // Where all are here, how many connections there are is not our business.
    const auto seats_max = config_.limits.connections_per_address;
    while (away_.seats_of(address) + more > seats_max) {
        const auto oldest = away_.oldest_of(address);
        if (!oldest) {
            break;
        }
        depart(*oldest);
    }
    while (away_.seats_of_site(address) + more > site_addresses * seats_max) {
        const auto oldest = away_.oldest_of_site(address);
        if (!oldest) {
            break;
        }
        depart(*oldest);
    }
}

// --- back ----------------------------------------------------------------------------------------

wire::Welcome Switchboard::welcome(Seat& seat) const {
    return {.session = seat.session,
            .hop_epoch = seat.hop_epoch,
            .route = seat.route,
            .version = wire::protocol_version,
            .resume_token = to_bytes(seat.token.view()),
            .resume_seconds = static_cast<std::uint32_t>(
                std::chrono::duration_cast<std::chrono::seconds>(config_.limits.resume).count())};
}

Seat* Switchboard::find_resumable(const Peer& peer, const wire::Resume& resume) const {
    const auto found = seats_.find(resume.session);
    if (found == seats_.end()) {
        return nullptr;
    }
    auto& seat = *found->second;
    const auto& identity = model_.find(seat.session)->keys.identity;
    return is_its_own(seat, identity, peer, resume) && resume.last_seq <= seat.seq ? &seat
                                                                                   : nullptr;
}

Error Switchboard::why_not_resumable(const Peer& peer, const wire::Resume& resume) const {
    const auto* farewell = farewells_.find(resume.session, clock_.now());
    if (farewell != nullptr && is_its_own(*farewell, farewell->identity, peer, resume)) {
        const auto banned = check_bans(visitor(peer, farewell->identity));
        if (!banned) {
            return banned.error();
        }
        if (farewell->why.code != ErrorCode::banned) {  // which has been lifted by now
            return farewell->why;
        }
    }
    return {.code = ErrorCode::resume_refused, .message = "Your place was not kept. Log in again."};
}

Result<void> Switchboard::on(Call& call, const wire::Resume& resume) {
    if (call.peer.session) {
        return fail(ErrorCode::already_logged_in, "You are logged in already.");
    }
    auto* seat = config_.limits.resume == Duration{} ? nullptr : find_resumable(call.peer, resume);
    if (seat == nullptr) {
        return std::unexpected(why_not_resumable(call.peer, resume));
    }
    const auto& identity = model_.find(seat->session)->keys.identity;
    if (const auto checked = check_bans(visitor(call.peer, identity)); !checked) {
        return checked;
    }
    // One that has shown the token before has never had the newest: that one alone is replaced, so that
    // any number of answers may be lost.
    if (is_token(seat->token, resume.token)) {
        seat->token_before = std::exchange(seat->token, make_resume_token());
    } else {
        seat->token = make_resume_token();
    }
    take_over(*seat, call.peer);
    const auto& presence = model_.find(seat->session)->presence;
    const auto channel = presence.channel;
    const auto missed = missed_events(*seat, resume.last_seq);
    answer(call,
           wire::Resumed{.resume_token = to_bytes(seat->token.view()),
                         .hop_epoch = seat->hop_epoch,
                         .route = seat->route,
                         .seq = missed ? resume.last_seq : seat->seq,
                         .replayed = missed.has_value(),
                         .channel = channel,
                         .channel_epoch = channel ? model_.find(channel)->epoch : ChannelEpoch{},
                         .frame_ms = channel ? frame_ms(channel) : 0});
    if (missed) {
        auto seq = resume.last_seq;
        for (const auto* event : *missed) {
            call.peer.send_event(*event, ++seq, Outbox::Bound::exempt);
        }
    } else {
        send_snapshot(*seat);
        tell_silence(*seat);
        tell_whispers_heard(*seat);
        tell_members(*seat);
    }
    hand_over_shares(*seat);
    // It may have come from another address.
    let_go_beyond_share(seat->address, 0);
    return {};
}

void Switchboard::take_over(Seat& seat, Peer& peer) {
    if (seat.peer != nullptr) {
        // Its owner has seen it break before we have.
        seat.peer->session.reset();
        seat.peer->close(
            {.body = wire::Goodbye{.error = {.code = ErrorCode::replaced,
                                             .message = "Another connection took your place."}}},
            clock_.now() + config_.limits.closing);
    } else {
        away_.forget(seat.session);
    }
    log::info("session {} is back ({})", seat.session.value, peer.address);
    seat.peer = &peer;
    away_.left(seat.address);
    seat.address = peer.remote.address();
    away_.took(seat.address);
    ++seat.connection;
    peer.session = seat.session;
    peer.heard = clock_.now();
    peer.slot.authenticated();
    auto hop = std::exchange(peer.hop, std::nullopt).value();
    hop.epoch = ++seat.hop_epoch;
    relay_.rekey(seat.voice, std::move(hop));
}

std::optional<std::vector<const wire::EncodedEvent*>> Switchboard::missed_events(
    const Seat& seat, std::uint64_t last_seq) const {
    // What a snapshot was made of is not kept: whoever has not read it all gets a fresh one.
    if (last_seq < seat.snapshot_seq) {
        return std::nullopt;
    }
    return log_.last(seat.session, seat.seq - last_seq, config_.limits.replay_bytes);
}

void Switchboard::hand_over_shares(Seat& seat) {
    const auto channel = model_.find(seat.session)->presence.channel;
    for (const auto& share : seat.shares.take()) {
        const bool is_wanted =
            share.stream ? model_.whispers_to({.whisperer = share.from, .stream = share.stream},
                                              seat.session)
                         : share.channel == channel && model_.together(share.from, seat.session);
        if (is_wanted) {
            seat.peer->send_event(wire::EncodedEvent(share), 0, Outbox::Bound::exempt);
        }
    }
}

}  // namespace partyline::control
