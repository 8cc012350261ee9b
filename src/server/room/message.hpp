// A text as it is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "server/room/person.hpp"

namespace partyline::room {

/// What makes a message a direct one: from one person to another, in no room.
struct Direct {
    Person from;
    Person to;
    std::string to_name;  // as it was then; empty where nobody needs it
    bool operator==(const Direct&) const = default;
};

struct Message {
    MessageId id{};
    ChannelId channel{};  // zero for a direct message
    /// The device that wrote it; with `nonce` it names the message before it has an id.
    std::array<std::byte, 32> author{};
    /// The account that it was linked to then; zero: none, it was a guest's. So what was written for
    /// an account stays the account's, and what a guest wrote goes with the device.
    AccountId account = {};
    std::string author_name;  // as it was then
    std::string text;         // empty once deleted
    std::uint64_t nonce = 0;  // 0: none was given
    std::int64_t unix_ms = 0;
    std::int64_t edited_unix_ms = 0;  // 0: never; of a deleted one, when it was deleted
    bool deleted = false;             // the tombstone stays
    std::optional<Direct> direct;
    /// Whom the text mentions. Written with it and counted; not read back.
    std::vector<Person> mentions;
    bool operator==(const Message&) const = default;
};

/// For how long a room's messages are kept. Zero days and zero bytes: for good.
struct Retention {
    bool keep = true;  // false: nothing is ever stored
    std::uint32_t days = 0;
    std::uint64_t bytes = 0;  // of text, and some more for each message; the oldest go first
    bool operator==(const Retention&) const = default;
};

}  // namespace partyline::room
