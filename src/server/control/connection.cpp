#include "server/control/connection.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/log.hpp"
#include "crypto/handshake.hpp"

namespace partyline::control {
namespace {

crypto::HopKey hop_key(const net::ExportedValue& exported) {
    return crypto::HopKey(std::span(exported).first<16>());
}

}  // namespace

Connection::Connection(Given given, net::TlsStream stream, Admission::Slot slot)
    : given_(given),
      stream_(std::move(stream)),
      slot_(std::move(slot)),
      wake_(given.loop),
      written_(given.loop) {
    slot_.give_way_by([this] {
        log::debug("{} gives way to somebody else", stream_.remote().to_string());
        hang_up();
    });
}

net::task<> Connection::run() {
    const auto& limits = given_.switchboard.limits();
    if (!co_await stream_.handshake(limits.handshake)) {
        co_return;  // whoever does not get this far is told by TLS, or nothing
    }
    slot_.came_closer(given_.clock.now());
    auto handshake = exported();
    if (!handshake) {
        co_return;
    }
    Peer peer({.transport = *this,
               .limits = limits,
               .slot = std::move(slot_),
               .remote = stream_.remote(),
               .now = given_.clock.now(),
               .handshake = std::move(*handshake)});
    co_await serve(peer);
}

Result<Handshake> Connection::exported() const {
    const auto login = stream_.export_value(crypto::exporter_label_login);
    const auto up = stream_.export_value(crypto::exporter_label_up);
    const auto down = stream_.export_value(crypto::exporter_label_down);
    if (!login || !up || !down) {
        return fail(ErrorCode::closed, "The connection has ended.");
    }
    return Handshake{.login = *login,
                     .hop = {.epoch = 0, .up = hop_key(*up), .down = hop_key(*down)}};
}

net::task<> Connection::serve(Peer& peer) {
    if (turned_away_) {
        given_.switchboard.turn_away(peer, *turned_away_);
    } else {
        given_.switchboard.greet(peer);
    }
    greeted_ = true;
    given_.loop.spawn(write_all(peer));
    co_await read_all(peer);
    // Nobody else can reach the peer from here on.
    if (stream_.peer_has_ended()) {
        given_.switchboard.part(peer);
    } else {
        given_.switchboard.lose(peer);
    }
    read_to_end_ = true;
    if (!peer.closing()) {
        stream_.close();
    }
    // The writer may still have last words for somebody who reads slowly or not at all. The peer and
    // this connection must outlive it, so it gets a deadline and is waited for.
    wake_.set();
    const net::Alarm late(given_.loop, patience(peer), [this] { stream_.close(); });
    co_await written_.wait();
}

/// Whoever was sent away has less time than who just goes.
Duration Connection::patience(const Peer& peer) const {
    return peer.closing() ? std::max(peer.deadline - given_.clock.now(), Duration::zero())
                          : given_.switchboard.limits().closing;
}

net::task<> Connection::read_all(Peer& peer) {
    for (;;) {
        const auto got = co_await stream_.read_some(given_.read_buffer);
        if (!got) {
            co_return;
        }
        given_.switchboard.figures().received_bytes.add(*got);
        take(peer, given_.read_buffer.first(*got));
        if (peer.closing()) {
            co_return;  // the writer has the last words, and reads away what else may come
        }
    }
}

void Connection::take(Peer& peer, ByteView bytes) {
    frames_.feed(bytes);
    while (!peer.closing()) {
        const auto message = frames_.next();
        if (!message) {
            given_.switchboard.reject(peer, message.error());
        } else if (*message) {
            given_.switchboard.receive(peer, **message);
        } else {
            return;
        }
    }
}

net::task<> Connection::write_all(Peer& peer) {
    for (;;) {
        const auto bytes = peer.outbox.take(given_.clock.now());
        if (!bytes.empty()) {
            given_.switchboard.figures().sent_bytes.add(bytes.size());
            if (!co_await stream_.write(bytes)) {
                break;
            }
        } else if (peer.closing()) {
            co_await stream_.finish(patience(peer));
            break;
        } else if (read_to_end_) {
            break;
        } else {
            co_await wake_.wait();
        }
    }
    stream_.close();  // and with it the reader, if it is not that which has ended us
    written_.set();
}

}  // namespace partyline::control
