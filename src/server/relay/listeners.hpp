// Who hears a channel: made by control, swapped whole, never changed afterwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/relay/relay.hpp"

namespace partyline::relay {

/// All members of the channel; a talker is skipped for its own frames only.
struct Listeners {
    std::vector<SeatPtr> seats;
};

/// What pongs tell the members of a room: the worst loss that one of them reported. Written by
/// control, read by the relay thread.
struct RoomLoss {
    std::atomic<std::uint16_t> permille{0};
};

}  // namespace partyline::relay
