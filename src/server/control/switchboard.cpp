#include "server/control/switchboard.hpp"

#include <utility>

#include "base/log.hpp"
#include "crypto/handshake.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

wire::ServerMessage goodbye(ErrorCode code, std::string message) {
    return {.body = wire::Goodbye{.error = {.code = code, .message = std::move(message)}}};
}

}  // namespace

Result<std::unique_ptr<Switchboard>> Switchboard::create(Config config, Parts parts) {
    auto records = parts.store.records();
    if (!records) {
        return std::unexpected(records.error());
    }
    auto model = room::Model::create(*std::move(records),
                                     {.sessions_max = config.limits.sessions + order_seats,
                                      .last_message = parts.store.last_id()});
    if (!model) {
        return std::unexpected(model.error());
    }
    return std::unique_ptr<Switchboard>(
        new Switchboard(std::move(config), parts, std::move(*model)));
}

Switchboard::Switchboard(Config config, Parts parts, room::Model model)
    : config_(std::move(config)),
      clock_(parts.clock),
      identity_(parts.identity),
      relay_(parts.relay),
      store_(parts.store),
      model_(std::move(model)),
      directory_(model_.directory()),
      tree_(directory_, config_.talker_bps_max),
      reserved_(config_.reserved_names),
      durable_(store_, [this](const room::Changes& changes) { carry_out(changes); }),
      hashing_(parts.hashing),
      attempts_(config_.limits),
      rates_(config_.limits),
      address_rates_(config_.limits),
      away_room_(config_.away_room),
      log_({.bytes = config_.limits.log_bytes, .events = config_.limits.log_events}),
      speaking_due_(clock_.now()),
      losses_due_(clock_.now()),
      pruning_due_(clock_.now()),
      read_marks_due_(clock_.now() + read_marks_interval) {
    for (const auto& [id, record] : directory_.channels()) {
        relay_.set_bitrate(id, record.channel.bitrate_bps_max);
    }
    away_room_.look(directory_);
}

// --- a connection's life -------------------------------------------------------------------------

void Switchboard::greet(Peer& peer) {
    peers_.insert(&peer);
    if (shutting_down_) {
        end(peer, goodbye(ErrorCode::shutting_down, "The server is shutting down."));
        return;
    }
    const auto& id = identity_.public_key();
    const auto signature = crypto::sign_server_hello(identity_, peer.exporter);
    peer.send(
        {.body = wire::Hello{.server_identity = to_bytes(id),
                             .signature = to_bytes(signature),
                             .versions = {wire::protocol_version},
                             .server_name = config_.name,
                             .limits = {.name_code_points = wire::name_code_points_max,
                                        .text_bytes = wire::text_bytes_max,
                                        .frame_bytes = wire::frame_bytes_max,
                                        .shares_per_message = wire::shares_per_message_max}}});
}

void Switchboard::turn_away(Peer& peer, const Error& why) {
    peers_.insert(&peer);
    end(peer, {.body = wire::Goodbye{.error = why}});
}

void Switchboard::receive(Peer& peer, ByteView message) {
    if (peer.closing()) {
        return;
    }
    const auto decoded = wire::decode_client(message);
    if (!decoded) {
        reject(peer, decoded.error());
        return;
    }
    if (peer.console != 0 && decoded->request_id == 0) {
        // It waits for the answer to each request, and this one would have none.
        reject(peer, {.code = ErrorCode::malformed, .message = "A request needs a number."});
        return;
    }
    if (auto* seat = seat_of(peer)) {
        peer.heard = clock_.now();
        seat->token_before.reset();
    }
    figures_.messages.add(1);
    Call call{.peer = peer, .id = decoded->request_id};
    dispatch(call, decoded->body, message.size());
    settle();
}

void Switchboard::reject(Peer& peer, const Error& error) {
    end(peer, {.body = wire::Refusal{.error = error, .closing = true}});
    settle();
}

void Switchboard::part(Peer& peer) {
    peers_.erase(&peer);
    if (peer.session) {
        depart(*peer.session);
    }
    settle();
}

void Switchboard::reconfigure(LiveConfig config) {
    config_.name = std::move(config.name);
    config_.limits = config.limits;
    config_.reserved_names = std::move(config.reserved_names);
    reserved_ = room::ReservedNames(config_.reserved_names);
}

void Switchboard::shut_down() {
    shutting_down_ = true;
    flush_read_marks();
    end_recordings();
    durable_.pay_last();
    const auto until = clock_.now() + config_.limits.closing;
    for (auto* peer : peers_) {
        peer->close(goodbye(ErrorCode::shutting_down, "The server is shutting down."), until);
    }
    give_up_away(TimePoint::max());
}

// --- ending --------------------------------------------------------------------------------------

void Switchboard::end(Peer& peer, const wire::ServerMessage& last) {
    end(peer, last, config_.limits.closing);
}

void Switchboard::end(Peer& peer, const wire::ServerMessage& last, Duration patience) {
    peer.close(last, clock_.now() + patience);
    if (peer.session) {
        depart(*peer.session);
    }
}

void Switchboard::dismiss(SessionId session, const Error& why) {
    auto& seat = *seats_.at(session);
    if (why.code == ErrorCode::kicked || why.code == ErrorCode::banned) {
        // Whose connection is broken, whether we know it or not, hears of it on coming back.
        const auto& limits = config_.limits;
        farewells_.add({.session = session,
                        .identity = model_.find(session)->keys.identity,
                        .token = std::move(seat.token),
                        .token_before = std::move(seat.token_before),
                        .why = why,
                        .until = clock_.now() + limits.resume},
                       limits.seats_away);
    }
    if (auto* peer = seat.peer) {
        end(*peer, {.body = wire::Goodbye{.error = why}}, config_.limits.closing_dismissed);
    } else {
        depart(session);
    }
}

void Switchboard::depart(SessionId session) {
    note_recording(*seats_.at(session), ChannelId{});
    const auto node = seats_.extract(session);
    auto& seat = *node.mapped();
    log::info("session {} ends ({})", session.value, seat.peer ? seat.peer->address : "away");
    if (seat.peer != nullptr) {
        seat.peer->session.reset();
    } else {
        away_.forget(session);
    }
    away_.left(seat.address);
    relay_.close_seat(seat.voice);
    publish(model_.log_out(session));
}

void Switchboard::note_if_behind(Peer& peer) {
    if (peer.too_slow() && !peer.closing()) {
        fallen_behind_.push_back(&peer);
    }
}

void Switchboard::settle() {
    // Ending one tells others, who may fall behind by that. A peer is noted at most until it is
    // closing, and only peers that are here are told anything, so this ends.
    while (!fallen_behind_.empty()) {
        auto& peer = *fallen_behind_.back();
        fallen_behind_.pop_back();
        if (!peer.closing()) {
            figures_.slow_readers.add(1);
            log::info("{} reads too slowly and is cut", peer.address);
            if (peer.session && clock_.now() - peer.heard >= quiet_line) {
                // Its line is broken, and too much is told to wait until it has been silent for long.
                detach(*seat_of(peer));
            }
            end(peer, goodbye(ErrorCode::timed_out,
                              "You fell too far behind: too much was waiting to be read."));
        }
    }
}

// --- time ----------------------------------------------------------------------------------------

void Switchboard::tick() {
    const auto now = clock_.now();
    const auto interval = seats_.size() > crowded_sessions
                              ? config_.limits.presence_interval_crowded
                              : config_.limits.presence_interval;
    if (const auto since = presence_.since(); since && now - *since >= interval) {
        flush_presence();
    }
    hang_up_late(now);
    let_into_whispers();
    update_late_whispers();
    if (now >= speaking_due_) {
        speaking_due_ = now + config_.limits.speaking_interval;
        figures_.sessions.set(seats_.size());
        figures_.rooms.set(model_.channels().size());
        poll_speaking(now);
        move_idle(now);
        prune(now);
        enforce_deadlines(now);
        durable_.tick(now);
    }
    if (now >= losses_due_) {
        losses_due_ = now + room_losses_interval;
        relay_.update_room_losses();
        rates_.forget(now);
        address_rates_.forget(now);
    }
    if (now >= read_marks_due_) {
        read_marks_due_ = now + read_marks_interval;
        flush_read_marks();
    }
    settle();
}

void Switchboard::poll_speaking(TimePoint now) {
    for (const auto& [session, seat] : seats_) {
        const bool speaking = relay_.speaking(seat->voice, now);
        if (speaking || relay_.whispering(seat->voice, now)) {
            seat->active = now;
        }
        publish(model_.set_speaking(session, speaking));
    }
}

void Switchboard::hang_up_late(TimePoint now) {
    for (auto* peer : peers_) {
        if (peer->closing() && now >= peer->deadline) {
            peer->hang_up();
        }
    }
}

void Switchboard::enforce_deadlines(TimePoint now) {
    const auto& limits = config_.limits;
    // Ending one touches seats and outboxes, never peers_.
    for (auto* peer : peers_) {
        if (peer->closing()) {
            continue;
        }
        if (!peer->session && now - peer->heard >= limits.login) {
            const Error error{.code = ErrorCode::timed_out, .message = "No login came in time."};
            end(*peer, {.body = wire::Refusal{.error = error, .closing = true}});
        } else if (peer->session && now - peer->heard >= limits.silence) {
            // More often than not the way to it is broken, and it will come by another.
            detach(*seat_of(*peer));
            end(*peer, goodbye(ErrorCode::timed_out, "Nothing was heard from you for too long."));
        }
    }
    give_up_away(now);
    farewells_.forget(now);
}

Seat* Switchboard::seat_of(const Peer& peer) {
    if (peer.console != 0) {
        return consoles_.at(peer.console).get();
    }
    return peer.session ? seats_.at(*peer.session).get() : nullptr;
}

}  // namespace partyline::control
