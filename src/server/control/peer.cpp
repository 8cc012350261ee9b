#include "server/control/peer.hpp"

#include <utility>

namespace partyline::control {

Peer::Peer(Given given)
    : outbox(given.limits),
      slot(std::move(given.slot)),
      remote(given.remote),
      address(given.remote == net::Endpoint{} ? "(the admin socket)" : given.remote.to_string()),
      exporter(given.handshake.login),
      hop(std::move(given.handshake.hop)),
      heard(given.now),
      messages(given.limits.messages, given.now),
      refusals(given.limits.refusals, given.now),
      tunnelled(given.limits.tunnelled, given.now),
      transport_(given.transport) {}

void Peer::send(const wire::ServerMessage& message, Outbox::Bound bound) {
    if (closing_ || too_slow_) {
        return;
    }
    too_slow_ = !outbox.push(message, bound);
    transport_.wake();
}

void Peer::send_event(const wire::EncodedEvent& event, std::uint64_t seq, Outbox::Bound bound) {
    if (closing_ || too_slow_) {
        return;
    }
    too_slow_ = !outbox.push_event(event, seq, bound);
    transport_.wake();
}

void Peer::send_voice(ByteView datagram, TimePoint now) {
    if (closing_ || too_slow_) {
        return;
    }
    outbox.push_voice(datagram, now);
    transport_.wake();
}

void Peer::close(const wire::ServerMessage& last, TimePoint until) {
    if (std::exchange(closing_, true)) {
        return;
    }
    if (too_slow_) {
        outbox.drop_waiting();
    }
    // Exempt: the last words of a full outbox are why it is closed.
    static_cast<void>(outbox.push(last, Outbox::Bound::exempt));
    deadline = until;
    transport_.wake();
}

}  // namespace partyline::control
