#include "client/uplink.hpp"

namespace partyline::client {

void Uplink::seal(MutableByteView datagram, wire::DatagramKind kind, Route route) {
    // Relaxed is enough: all that matters is that no two callers are given the same number.
    wire::write_header(datagram,
                       {.kind = kind,
                        .hop_epoch = hop_epoch_,
                        .route = route,
                        .counter = next_counter_.fetch_add(1, std::memory_order_relaxed)});
    crypto::hop_seal(key_, datagram);
}

}  // namespace partyline::client
