#include "server/relay/deliver.hpp"

namespace partyline::relay {

bool deliver(const Seat& seat, Outbox& outbox, TimePoint now) {
    if (seat.closed.load(std::memory_order_relaxed) ||
        seat.deafened.load(std::memory_order_relaxed)) {
        return false;
    }
    if (seat.lane.load(std::memory_order_relaxed) == DownlinkLane::tunnel) {
        outbox.tunnel(seat.session);
        return true;
    }
    const auto destination = seat.udp_destination(now);
    if (destination) {
        outbox.send(*destination);
    }
    return destination.has_value();
}

}  // namespace partyline::relay
