// The control lane's messages about whispering, as plain structs.
// proto/partyline/v1/whisper.proto says what each message means.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "wire/keys.hpp"

namespace partyline::wire {

// --- from the talkie -------------------------------------------------------------------------

/// Nobody named: the set is taken back.
struct SetWhisper {
    StreamId stream{};  // 1 to 7
    std::vector<SessionId> sessions;
    std::vector<ChannelId> channels;
    bool operator==(const SetWhisper&) const = default;
};

// --- from the switchboard --------------------------------------------------------------------

/// The answer to SetWhisper.
struct WhisperMembers {
    StreamId stream{};
    ChannelEpoch epoch{};
    std::vector<Member> members;
    bool more = false;
    bool operator==(const WhisperMembers&) const = default;
};

struct WhisperChanged {
    StreamId stream{};
    ChannelEpoch epoch{};
    std::vector<Member> joined;
    std::vector<SessionId> left;
    bool operator==(const WhisperChanged&) const = default;
};

/// To whoever has come into a set.
struct WhisperOpened {
    Member whisperer;
    std::string name;
    StreamId stream{};
    bool operator==(const WhisperOpened&) const = default;
};

/// To whoever has gone out of it.
struct WhisperClosed {
    SessionId session{};
    StreamId stream{};
    bool operator==(const WhisperClosed&) const = default;
};

}  // namespace partyline::wire
