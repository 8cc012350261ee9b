// A text as it is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/ids.hpp"

namespace partyline::room {

struct Message {
    MessageId id{};
    ChannelId channel{};
    /// The device that wrote it; with `nonce` it names the message before it has an id.
    std::array<std::byte, 32> author{};
    std::string author_name;  // as it was then
    std::string text;         // empty once deleted
    std::uint64_t nonce = 0;  // 0: none was given
    std::int64_t unix_ms = 0;
    std::int64_t edited_unix_ms = 0;  // 0: never; of a deleted one, when it was deleted
    bool deleted = false;             // the tombstone stays
    bool operator==(const Message&) const = default;
};

/// For how long a room's messages are kept. Zero days and zero bytes: for good.
struct Retention {
    bool keep = true;  // false: nothing is ever stored
    std::uint32_t days = 0;
    std::uint64_t bytes = 0;  // of text, tombstones counting nothing; the oldest go first
    bool operator==(const Retention&) const = default;
};

}  // namespace partyline::room
