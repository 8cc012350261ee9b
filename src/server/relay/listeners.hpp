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

/// What control says of a room to its relay thread. Relaxed order is enough: these are facts of
/// their own and guard nothing else.
struct RoomFacts {
    std::atomic<std::uint16_t> loss_permille{0};    // the worst that a member reported; for pongs
    std::atomic<std::uint32_t> bitrate_bps_max{0};  // of each talker; 0: whatever it likes
};

}  // namespace partyline::relay
