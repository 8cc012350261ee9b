// What the control lane keeps for one session beside the room model: its voice, its place in the
// stream of events, and how fast it may go on. Not the connection, which it may one day outlive.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/ids.hpp"
#include "server/control/limits.hpp"
#include "server/control/token_bucket.hpp"
#include "server/control/tree_board.hpp"
#include "server/relay/relay.hpp"

namespace partyline::control {

class Peer;

/// Owned by the Switchboard. One thread.
struct Seat {
    Seat(SessionId id, Peer& connection, relay::Relay::Seated seated, const Limits& limits,
         TimePoint now)
        : session(id),
          peer(&connection),
          voice(std::move(seated.seat)),
          route(seated.route),
          active(now),
          texts(limits.texts, now),
          histories(limits.histories, now),
          moves(limits.moves, now),
          changes(limits.changes, now),
          rotations(limits.rotations, now),
          share_messages(limits.share_messages, now),
          member_keys(limits.member_keys, now) {}

    const SessionId session;
    Peer* peer;
    const relay::SeatPtr voice;
    Route route;
    std::uint64_t seq = 0;  // of the last event
    relay::VoiceFlags flags;
    TreeBoard::ViewPtr view;  // what it has been told of the tree
    TimePoint active;         // when its person last said, wrote or did something
    /// When it last wrote in each room that has slow mode.
    std::unordered_map<ChannelId, TimePoint> wrote;

    /// The newest generation shared so far. It only rises, in whatever room.
    std::optional<std::uint32_t> generation;
    bool hashing = false;  // of a password of this session is under way
    /// When each speaker was last asked for its key.
    std::unordered_map<SessionId, TimePoint> key_requests;

    TokenBucket texts;
    TokenBucket histories;
    TokenBucket moves;
    TokenBucket changes;
    TokenBucket rotations;
    TokenBucket share_messages;
    TokenBucket member_keys;
};

}  // namespace partyline::control
