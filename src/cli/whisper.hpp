// Lines of input about whispering.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// Names of people here, and "#" and the path of a room; none: the set is taken back.
struct NameWhisper {
    StreamId stream{};
    std::vector<std::string> to;
    bool operator==(const NameWhisper&) const = default;
};
/// 0: to the room again.
struct WhisperTo {
    StreamId stream{};
    bool operator==(const WhisperTo&) const = default;
};

using Whispers = std::variant<NameWhisper, WhisperTo>;

/// What is after "whisper". Fails with malformed, saying what it could have been.
Result<Whispers> parse_whisper(const std::vector<std::string>& words);
/// With rooms and people looked up as they are. Fails with unknown_channel or unknown_person.
Result<client::WhisperCommand> resolve(const Whispers& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people);

}  // namespace partyline::cli
