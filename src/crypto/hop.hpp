// The hop: what shows the relay that an uplink datagram comes from the session it names, and the
// talkie that a pong or a challenge comes from its server.
#pragma once

#include <cstdint>

#include "crypto/keys.hpp"

namespace partyline::crypto {

/// SipHash-2-4's 128-bit key, one for each direction: the first 16 bytes of the exporter value of
/// the connection that logged in or resumed. Never on the wire.
using HopKey = Secret<16>;

/// The MAC of a datagram whose 8 MAC bytes stand at wire::header_mac_offset (16): SipHash-2-4 over
/// all bytes before and after them, read big-endian into a number. No allocation. [any]
/// `datagram` is at least 24 bytes and at most wire::datagram_bytes_max.
std::uint64_t hop_mac(const HopKey& key, ByteView datagram);

/// Compares in constant time with the MAC that the datagram bears.
bool hop_verify(const HopKey& key, ByteView datagram);

/// Writes the MAC into the datagram.
void hop_seal(const HopKey& key, MutableByteView datagram);

}  // namespace partyline::crypto
