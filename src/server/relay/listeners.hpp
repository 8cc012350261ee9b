// Who hears a channel: made by control, swapped whole, never changed afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/relay/relay.hpp"
#include "wire/limits.hpp"

namespace partyline::relay {

/// All members of the channel; a talker is skipped for its own frames only.
struct Listeners {
    std::vector<SeatPtr> seats;
};

/// Whom one session whispers to.
struct WhisperSets {
    std::array<std::shared_ptr<const Listeners>, wire::stream_max + 1> by_stream;  // none for 0

    /// Null if nobody hears this stream, whatever number that is.
    [[nodiscard]] const Listeners* find(StreamId stream) const {
        return stream.value < by_stream.size() ? by_stream[stream.value].get() : nullptr;
    }
};

/// What pongs tell the members of a room: the worst loss that one of them reported. Written by
/// control, read by the relay thread.
struct RoomLoss {
    std::atomic<std::uint16_t> permille{0};
};

}  // namespace partyline::relay
