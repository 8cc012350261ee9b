#include "server/control/console.hpp"

#include <utility>

namespace partyline::control {

Console::Console(net::Loop& loop, const Clock& clock, Switchboard& switchboard,
                 net::LocalStream stream)
    : clock_(clock), switchboard_(switchboard), stream_(std::move(stream)), wake_(loop) {}

void Console::hang_up() {
    hung_up_ = true;
    stream_.close();
    wake_.set();
}

net::task<> Console::run() {
    Peer peer({.transport = *this,
               .limits = switchboard_.limits(),
               .slot = Admission::Slot::uncounted(),
               .remote = {},  // nowhere: it is the admin socket
               .now = clock_.now(),
               .handshake = {}});
    switchboard_.open_console(peer);
    Bytes buffer(read_buffer_bytes);
    // What greets it goes first.
    bool going_on = co_await write_answer(peer);
    while (going_on) {
        const auto got = co_await stream_.read_some(buffer);
        if (!got) {
            break;
        }
        going_on = co_await serve_some(peer, ByteView(buffer).first(*got));
    }
    switchboard_.close_console(peer);
    stream_.close();
}

/// False when it is over.
net::task<bool> Console::serve_some(Peer& peer, ByteView bytes) {
    frames_.feed(bytes);
    for (;;) {
        const auto message = frames_.next();
        if (message && !*message) {
            co_return true;
        }
        if (message) {
            switchboard_.receive(peer, **message);
        } else {
            switchboard_.reject(peer, message.error());
        }
        if (!co_await write_answer(peer)) {
            co_return false;
        }
    }
}

/// Waits until there is something to write.
net::task<bool> Console::write_answer(Peer& peer) {
    auto bytes = peer.outbox.take(clock_.now());
    while (bytes.empty() && !peer.closing() && !hung_up_) {
        co_await wake_.wait();
        bytes = peer.outbox.take(clock_.now());
    }
    while (!bytes.empty() && !hung_up_) {
        if (!co_await stream_.write(bytes)) {
            co_return false;
        }
        bytes = peer.outbox.take(clock_.now());
    }
    co_return !peer.closing() && !hung_up_;
}

}  // namespace partyline::control
