// The control lane's messages about direct messages and about what has been read, as plain structs.
// proto/partyline/v1/control.proto says what each message means.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace partyline::wire {

/// One somebody, by exactly one of these; the switchboard never says it by session.
struct Person {
    SessionId session{};
    Bytes identity;       // 32 bytes, or none
    std::string account;  // by its name
    bool operator==(const Person&) const = default;
};

// --- from the talkie -------------------------------------------------------------------------

struct SendDirect {
    Person to;
    std::string text;
    std::uint64_t nonce = 0;  // random: a repeat from the same person is not sent twice
    bool operator==(const SendDirect&) const = default;
};

struct GetDirect {
    Person with;
    MessageId before{};          // only older ones; 0: from the newest
    std::uint32_t messages = 0;  // how many; 0: as many as a page holds
    bool operator==(const GetDirect&) const = default;
};

struct GetUnread {
    bool operator==(const GetUnread&) const = default;
};

/// Of a room or, if `channel` is zero, of what one has with a person.
struct MarkRead {
    ChannelId channel{};
    Person with;
    MessageId id{};  // and all before it
    bool operator==(const MarkRead&) const = default;
};

// --- from the switchboard --------------------------------------------------------------------

struct DirectText {
    MessageId id{};
    Person from;
    std::string from_name;
    Person to;
    std::string to_name;
    std::string text;  // empty once deleted
    std::int64_t unix_ms = 0;
    std::int64_t edited_unix_ms = 0;  // 0: never
    bool deleted = false;
    bool operator==(const DirectText&) const = default;
};

/// To both people's talkies, the sender's included.
struct Direct {
    DirectText text;
    bool operator==(const Direct&) const = default;
};

/// How a direct message stands now.
struct DirectChanged {
    DirectText text;
    bool operator==(const DirectChanged&) const = default;
};

struct DirectHistory {
    Person with;
    std::string name;
    std::vector<DirectText> texts;  // oldest first
    bool more = false;              // there are older ones
    bool operator==(const DirectHistory&) const = default;
};

struct RoomUnread {
    ChannelId channel{};
    std::uint32_t unread = 0;
    std::uint32_t mentions = 0;
    MessageId read_to{};
    bool operator==(const RoomUnread&) const = default;
};

struct PersonUnread {
    Person with;
    std::string name;
    std::uint32_t unread = 0;
    MessageId read_to{};
    MessageId last{};  // the newest message
    bool operator==(const PersonUnread&) const = default;
};

struct Unread {
    std::vector<RoomUnread> rooms;     // where something is unread
    std::vector<PersonUnread> people;  // the latest conversations, newest first
    bool operator==(const Unread&) const = default;
};

/// Another talkie of the same person has read on: exactly one of the two is there.
struct ReadChanged {
    RoomUnread room;
    PersonUnread person;
    bool operator==(const ReadChanged&) const = default;
};

}  // namespace partyline::wire
