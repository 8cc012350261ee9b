// The last step of a frame: out to one listener, over the lane that this one has chosen.
#pragma once

#include "base/clock.hpp"
#include "server/relay/outbox.hpp"
#include "server/relay/seat.hpp"

namespace partyline::relay {

/// Sends what the outbox has begun, unless the seat is closed, deafened or cannot be reached. Says
/// whether anything went out. By the thread of whoever speaks; no allocation, no lock.
bool deliver(const Seat& seat, Outbox& outbox, TimePoint now);

}  // namespace partyline::relay
