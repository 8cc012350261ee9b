// What the control lane keeps for one session beside the room model: its voice, its place in the
// stream of events, and how fast it may go on. Not the connection, which it outlives for a while when
// that breaks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "crypto/keys.hpp"
#include "server/control/limits.hpp"
#include "server/control/peer.hpp"
#include "server/control/token_bucket.hpp"
#include "server/control/tree_board.hpp"
#include "server/control/waiting_shares.hpp"
#include "server/relay/relay.hpp"
#include "server/room/person.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

/// What a talkie shows, besides its identity, to be given the seat of a connection that it has lost.
using ResumeToken = crypto::Secret<32>;
inline ResumeToken make_resume_token() {
    ResumeToken token;
    crypto::fill_random(token.mutable_view());
    return token;
}

/// Owned by the Switchboard. One thread.
struct Seat {
    Seat(SessionId id, Peer& first, relay::Relay::Seated seated, const Limits& limits,
         TimePoint now)
        : session(id),
          peer(&first),
          address(first.remote.address()),
          voice(std::move(seated.seat)),
          route(seated.route),
          active(now),
          token(make_resume_token()),
          shares(limits.shares_away),
          streams(wire::stream_max + std::size_t{1},
                  Stream{.generation = {}, .rotations = TokenBucket(limits.rotations, now)}),
          share_messages(limits.share_messages, now),
          member_keys(limits.member_keys, now),
          whispers(limits.whispers, now) {}

    const SessionId session;
    Peer* peer;                      // null while away
    net::Endpoint::Address address;  // that it came from last
    std::uint32_t connection = 0;    // counts those that came after the first
    const relay::SeatPtr voice;
    Route route;
    std::uint8_t hop_epoch = 0;
    std::uint64_t seq = 0;           // of the last event
    std::uint64_t snapshot_seq = 0;  // of the last one that brought a snapshot
    relay::VoiceFlags flags;
    ChannelId recorded{};       // the room that it records; 0: none
    std::string recorded_name;  // as it was called then
    TreeBoard::ViewPtr view;    // what it has been told of the tree
    TimePoint active;           // when its person last said, wrote or did something

    ResumeToken token;
    /// Until a message shows that the newest token has arrived.
    std::optional<ResumeToken> token_before;
    WaitingShares shares;  // while away

    /// The sender key of one stream.
    struct Stream {
        /// The newest shared so far. It only rises, in whatever room.
        std::optional<std::uint32_t> generation;
        TokenBucket rotations;
    };
    /// Of whom the store knows from where on unread texts count: its person, unless that has changed.
    std::optional<room::Person> counted;
    bool hashing = false;  // of a password of this session is under way
    /// When each speaker was last asked for the key of which stream.
    std::map<std::pair<SessionId, StreamId>, TimePoint> key_requests;

    std::vector<Stream> streams;  // by number
    TokenBucket share_messages;
    TokenBucket member_keys;
    TokenBucket whispers;
};

}  // namespace partyline::control
