// The header and MAC of every datagram that this talkie sends: voice, pings and echoes.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "crypto/hop.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {

/// One hop epoch, that is one connection, of one session. Voice is sent by one thread and pings by
/// another, and no counter may be used twice: the counter is one atomic, and all else here never
/// changes. The relay's window takes counters in any order. Every member is [any].
class Uplink {
public:
    Uplink(crypto::HopKey key, std::uint8_t hop_epoch)
        : key_(std::move(key)), hop_epoch_(hop_epoch) {}

    /// Fills in header and MAC around the body, which stands at wire::uplink_header_bytes already.
    void seal(MutableByteView datagram, wire::DatagramKind kind, Route route);

private:
    const crypto::HopKey key_;
    const std::uint8_t hop_epoch_;
    std::atomic<std::uint64_t> next_counter_{1};
};

}  // namespace partyline::client
