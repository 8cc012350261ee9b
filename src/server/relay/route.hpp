// What a relay thread holds of one route: whose it is, and what it takes to believe a packet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "crypto/replay_window.hpp"
#include "server/relay/challenges.hpp"
#include "server/relay/listeners.hpp"
#include "server/relay/meters.hpp"
#include "server/relay/relay.hpp"
#include "server/relay/seat.hpp"
#include "wire/datagram.hpp"

namespace partyline::relay {

class Channel;

/// How a route begins.
struct RouteSetup {
    Route route{};
    SeatPtr seat;
    HopKeys keys;
    ChannelId channel{};                          // zero: in no room, good for pings
    std::shared_ptr<const RoomFacts> room;        // null in no room
    std::shared_ptr<const WhisperSets> whispers;  // null: to nobody
};

/// Keys and windows of the current hop epoch and, until some time after the first packet of that, of
/// the one before: what was sent last under the old keys may come after what was sent first under the
/// new. The MAC covers the route, so a window per route is enough: what was accepted over one
/// route is no good over another. One thread.
class HopEpochs {
public:
    explicit HopEpochs(HopKeys keys) : current_{.keys = std::move(keys)} {}

    void rekey(HopKeys keys);

    enum class Verdict : std::uint8_t { good, bad_mac, replayed };
    struct Checked {
        Verdict verdict{};
        bool is_newest_epoch = false;   // of those that a packet came of over this route
        bool is_first = false;          // of its epoch over this route
        bool is_highest = false;        // newer than all before it
        const HopKeys* keys = nullptr;  // of its epoch, when good
    };
    /// Judges a datagram whose header is `header`, and remembers its counter if it is good.
    Checked check(const wire::Header& header, ByteView datagram, TimePoint now);

private:
    struct Epoch {
        HopKeys keys;
        crypto::ReplayWindow window{};
    };
    Epoch current_;
    std::unique_ptr<Epoch> previous_;
    std::optional<TimePoint> previous_until_;  // from the first packet of the current one
};

/// Owned by the thread that the route names. One thread.
struct RouteState {
    RouteState(RouteSetup setup, Channel* channel_in, FillRandom fill_random);

    const SeatPtr seat;
    Channel* const channel;  // null in no room; outlives us
    const std::shared_ptr<const RoomFacts> room;
    std::shared_ptr<const WhisperSets> whispers;

    HopEpochs epochs;
    LossMeter uplink_loss;
    Challenges challenges;
    std::optional<TimePoint> expires_at;  // once the seat has another route
    bool silent = false;                  // leads to its room no more, only to those whispered to
};

}  // namespace partyline::relay
