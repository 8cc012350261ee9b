// One connection as the switchboard sees it: what it has proven, what waits for it, how it ends.
// Knows no socket; whatever carries the bytes is behind Transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "crypto/keys.hpp"
#include "net/endpoint.hpp"
#include "server/control/admission.hpp"
#include "server/control/limits.hpp"
#include "server/control/outbox.hpp"
#include "server/control/token_bucket.hpp"
#include "server/relay/relay.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// What carries a peer's bytes. Both members only mark and wake: neither calls back into the
/// switchboard, so they may be used in the middle of anything.
class Transport {
public:
    virtual ~Transport() = default;
    /// The outbox has something new.
    virtual void wake() = 0;
    /// Ends the connection now, whatever still waits.
    virtual void hang_up() = 0;
};

/// What the transport's handshake has proven: the values of the TLS exporter.
struct Handshake {
    crypto::ExporterValue login{};
    relay::HopKeys hop;
};

/// Owned by its connection. One thread.
class Peer {
public:
    struct Given {
        Transport& transport;
        const Limits& limits;
        Admission::Slot slot;
        net::Endpoint remote;
        TimePoint now;
        Handshake handshake;
    };
    explicit Peer(Given given);

    /// An answer, or what else is no event. Too much waiting ends the connection.
    void send(const wire::ServerMessage& message, Outbox::Bound bound = Outbox::Bound::counted);
    void send_event(const wire::EncodedEvent& event, std::uint64_t seq,
                    Outbox::Bound bound = Outbox::Bound::counted);
    void send_voice(ByteView datagram, TimePoint now);

    /// The last words. The peer then has until the deadline to read them and hang up.
    void close(const wire::ServerMessage& last, TimePoint deadline);
    void hang_up() { transport_.hang_up(); }

    /// From close() on, or once the outbox is over its bound: nothing more is taken or sent.
    [[nodiscard]] bool closing() const { return closing_; }
    /// Over the bound: somebody is to close() it with a reason.
    [[nodiscard]] bool too_slow() const { return too_slow_; }

    Outbox outbox;
    Admission::Slot slot;
    const net::Endpoint remote;
    const std::string address;  // for the log
    const crypto::ExporterValue exporter;
    std::optional<relay::HopKeys> hop;  // until the login takes them

    std::uint32_t console = 0;         // its number, if it is one of the admin socket
    std::optional<SessionId> session;  // whose seat this is the connection of
    TimePoint heard;                   // the last message, or the handshake before the first
    TimePoint deadline;                // while closing
    TokenBucket messages;
    TokenBucket refusals;
    TokenBucket tunnelled;

private:
    Transport& transport_;
    bool closing_ = false;
    bool too_slow_ = false;
};

}  // namespace partyline::control
