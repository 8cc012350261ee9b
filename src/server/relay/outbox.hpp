// Where a forwarding core puts what goes out: sockets in production, a function in simulations.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "server/relay/seat.hpp"

namespace partyline::relay {

/// The place in a thread's buffers where a received datagram lies.
enum class Slot : std::uint32_t {};

/// Nothing is copied: slices point into slots, and a slot stays as it is until its release() and
/// whatever was put out before that has really been sent. Called by the core's thread.
class Outbox {
public:
    virtual ~Outbox() = default;

    /// The payload of the sends that follow.
    virtual void begin(std::span<const ByteView> slices) = 0;
    virtual void send(const PeerAddress& to) = 0;
    virtual void tunnel(SessionId to) = 0;

    /// A small datagram of its own; copied.
    virtual void reply(const PeerAddress& to, ByteView datagram) = 0;

    /// The core needs the slot no longer.
    virtual void release(Slot slot) = 0;
};

}  // namespace partyline::relay
