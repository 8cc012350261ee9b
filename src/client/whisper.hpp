// Whispering: to people and rooms that one has named, instead of to one's room. Part of
// client/talkie.hpp.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"

namespace partyline::client {

/// Streams 1 to 7 are sets of people and rooms; 0 is the room that one is in.
inline constexpr StreamId whisper_stream_max{7};

// --- commands --------------------------------------------------------------------------------

/// Names whom that set is made of, instead of those named before; nobody at all takes it back. Those
/// of them are in it who are somewhere one may whisper to; others come in when they are. WhisperSet
/// and Done("whisper") tell, or Refused. After a connection whose seat was lost the set is made again:
/// rooms are found by their path; people by their name, and by their account, or for guests, where we
/// knew it, by the identity that they had; whoever is not back yet is in it when they are.
struct SetWhisper {
    StreamId stream{};
    std::vector<SessionId> sessions;
    std::vector<ChannelId> channels;
};
/// What is said goes to that set, and nowhere else, until told otherwise; 0: to the room again. It is
/// nowhere while the set is empty. At once; Done("whisper") or Refused tells.
struct Whisper {
    StreamId stream{};
};
using WhisperCommand = std::variant<SetWhisper, Whisper>;

// --- events ----------------------------------------------------------------------------------

/// Who is in a set of one's own, whenever that changes: those who can hear us.
struct WhisperSet {
    StreamId stream{};
    std::vector<SessionId> members;
};
/// Somebody, in our room or not, begins or ends to whisper to us.
struct WhisperingChange {
    SessionId session{};
    std::string name;
    StreamId stream{};  // which of their sets we are in
    bool whispering = false;
};

}  // namespace partyline::client
