#include "crypto/hop.hpp"

#include <sodium.h>

#include <algorithm>

#include "crypto/octets.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

using Mac = std::array<std::byte, hop_mac_bytes>;

static_assert(crypto_shorthash_siphash24_BYTES == hop_mac_bytes);
static_assert(crypto_shorthash_siphash24_KEYBYTES == sizeof(HopKey));

bool has_room_for_mac(ByteView datagram) {
    return datagram.size() >= hop_datagram_bytes_min && datagram.size() <= hop_datagram_bytes_max;
}

// libsodium hashes one piece of memory only, so what stands on both sides of the MAC is brought
// together on the stack first: a fraction of what the hash itself costs.
Mac mac_of(const HopKey& key, ByteView datagram) {
    require(has_room_for_mac(datagram), "a MACed datagram has 24 to 1,200 bytes");
    std::array<std::byte, hop_datagram_bytes_max - hop_mac_bytes> covered;  // filled below
    const auto rest = datagram.subspan(hop_datagram_bytes_min);
    std::ranges::copy(datagram.first(hop_mac_offset), covered.begin());
    std::ranges::copy(rest, covered.begin() + hop_mac_offset);

    Mac mac{};
    crypto_shorthash_siphash24(octets_of(mac), octets(covered), hop_mac_offset + rest.size(),
                               octets(key.view()));
    return mac;
}

}  // namespace

HopKey hop_key(const ExporterValue& exporter) {
    return HopKey(ByteView(exporter).first(sizeof(HopKey)));
}

std::uint64_t hop_mac(const HopKey& key, ByteView datagram) {
    return load_be<std::uint64_t>(mac_of(key, datagram));
}

bool hop_verify(const HopKey& key, ByteView datagram) {
    return has_room_for_mac(datagram) &&
           equal_in_constant_time(mac_of(key, datagram),
                                  datagram.subspan(hop_mac_offset, hop_mac_bytes));
}

void hop_seal(const HopKey& key, MutableByteView datagram) {
    std::ranges::copy(mac_of(key, datagram), datagram.begin() + hop_mac_offset);
}

}  // namespace partyline::crypto
