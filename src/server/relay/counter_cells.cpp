#include "server/relay/counter_cells.hpp"

namespace partyline::relay {

void CounterCells::add_to(Counters& sum) const {
    sum.received += received.get();
    sum.received_bytes += received_bytes.get();
    sum.forwarded_records += forwarded_records.get();
    sum.sent += sent.get();
    sum.sent_bytes += sent_bytes.get();
    sum.dropped_malformed += dropped_malformed.get();
    sum.dropped_unknown_route += dropped_unknown_route.get();
    sum.dropped_bad_mac += dropped_bad_mac.get();
    sum.dropped_replayed += dropped_replayed.get();
    sum.dropped_muted += dropped_muted.get();
    sum.dropped_no_room += dropped_no_room.get();
    sum.dropped_too_fast += dropped_too_fast.get();
    sum.dropped_send_failed += dropped_send_failed.get();
    sum.dropped_socket_overflow += dropped_socket_overflow.get();
    sum.dropped_tunnel_full += dropped_tunnel_full.get();
}

}  // namespace partyline::relay
