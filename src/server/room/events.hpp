// What has happened, and who is to hear of it.
#pragma once

#include <variant>
#include <vector>

#include "server/room/types.hpp"

namespace partyline::room {

// --- audiences -------------------------------------------------------------------------------

struct ToSession {
    SessionId session{};
    bool operator==(const ToSession&) const = default;
};

/// Those who are in the channel once the command has been carried out.
struct ToMembers {
    ChannelId channel{};
    SessionId except{};  // zero: nobody is left out
    bool operator==(const ToMembers&) const = default;
};

struct ToEverybody {
    bool operator==(const ToEverybody&) const = default;
};

/// Both of them, on all their devices.
struct ToPeople {
    Person one;
    Person other;
    bool operator==(const ToPeople&) const = default;
};

/// Those of them who are still here.
struct ToThese {
    std::vector<SessionId> sessions;
    bool operator==(const ToThese&) const = default;
};

using Audience = std::variant<ToSession, ToMembers, ToEverybody, ToPeople, ToThese>;

// --- what there is to hear -------------------------------------------------------------------

struct Arrived {
    Presence presence;
    bool operator==(const Arrived&) const = default;
};

/// The whole new state.
struct PresenceChanged {
    Presence presence;
    bool operator==(const PresenceChanged&) const = default;
};

struct Gone {
    SessionId session{};
    bool operator==(const Gone&) const = default;
};

/// `epoch` is that of the channel after the join or leave. A renewed device is told as a
/// MemberJoined with an unchanged epoch.
struct MemberJoined {
    ChannelId channel{};
    ChannelEpoch epoch{};
    SessionId session{};
    bool operator==(const MemberJoined&) const = default;
};

struct MemberLeft {
    ChannelId channel{};
    ChannelEpoch epoch{};
    SessionId session{};
    bool operator==(const MemberLeft&) const = default;
};

struct Text {
    SessionId session{};  // whose it is
    Message message;
    bool operator==(const Text&) const = default;
};

/// Edited or deleted: how it stands now.
struct TextChanged {
    Message message;
    bool operator==(const TextChanged&) const = default;
};

/// Somebody in the room, or in the speaker's set of that stream, cannot open the speaker's voice.
struct KeyRequested {
    SessionId from{};
    std::uint64_t kid = 0;
    StreamId stream{};
    bool operator==(const KeyRequested&) const = default;
};

/// Who has come into a set, and who is in it no more. `epoch` is that after the change. Or who has
/// renewed their device: told as having come, with an unchanged epoch, though the set is as it was.
struct WhisperChanged {
    SessionId whisperer{};
    StreamId stream{};
    ChannelEpoch epoch{};
    std::vector<SessionId> joined;
    std::vector<SessionId> left;
    bool renewed = false;
    bool operator==(const WhisperChanged&) const = default;
};

/// To those who are in a set now and were not before, or whose whisperer has renewed their device.
struct WhisperOpened {
    SessionId whisperer{};
    StreamId stream{};
    bool operator==(const WhisperOpened&) const = default;
};

struct WhisperClosed {
    SessionId whisperer{};
    StreamId stream{};
    bool operator==(const WhisperClosed&) const = default;
};

/// Rooms were made, changed or went, or may be seen by others than before. What there is now is
/// looked up by whoever tells.
struct TreeChanged {
    bool operator==(const TreeChanged&) const = default;
};

using EventBody =
    std::variant<Arrived, PresenceChanged, Gone, MemberJoined, MemberLeft, Text, TextChanged,
                 KeyRequested, WhisperChanged, WhisperOpened, WhisperClosed, TreeChanged>;

struct Event {
    Audience audience;
    EventBody body;
    bool operator==(const Event&) const = default;
};

/// In the order in which they are to be told.
using Events = std::vector<Event>;

}  // namespace partyline::room
