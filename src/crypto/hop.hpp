// The hop: what shows the relay that an uplink datagram comes from the session it names, and the
// talkie that a pong or a challenge comes from its server.
#pragma once

#include <cstdint>

#include "crypto/keys.hpp"

namespace partyline::crypto {

/// SipHash-2-4's 128-bit key, one for each direction: the first 16 bytes of the exporter value of
/// the connection that logged in or resumed. Never on the wire.
using HopKey = Secret<16>;
HopKey hop_key(const ExporterValue& exporter);

inline constexpr std::size_t hop_mac_bytes = 8;
inline constexpr std::size_t hop_mac_offset = 16;  // as wire::header_mac_offset
inline constexpr std::size_t hop_datagram_bytes_min = hop_mac_offset + hop_mac_bytes;
inline constexpr std::size_t hop_datagram_bytes_max = 1200;  // as wire::datagram_bytes_max

/// The MAC of a datagram whose 8 MAC bytes stand at wire::header_mac_offset (16): SipHash-2-4 over
/// all bytes before and after them, its 8 bytes of output read big-endian into a number, so that
/// they stand in the datagram as SipHash gives them. No allocation. [any]
/// `datagram` is at least 24 bytes and at most wire::datagram_bytes_max.
std::uint64_t hop_mac(const HopKey& key, ByteView datagram);

/// Compares in constant time with the MAC that the datagram bears. False for a datagram that is too
/// short or too long to bear one.
bool hop_verify(const HopKey& key, ByteView datagram);

/// Writes the MAC into the datagram.
void hop_seal(const HopKey& key, MutableByteView datagram);

}  // namespace partyline::crypto
