// Direct messages, and what is unread: what a person can ask for, and what is told of it. Part of
// client/talkie.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"

namespace partyline::client {

/// Somebody one writes to: exactly one of these. What is told of names an account or a device.
struct Correspondent {
    SessionId session{};  // who is here
    std::string account;  // by its name
    std::string device;   // a guest's: its identity in base64url
    bool operator==(const Correspondent&) const = default;
};

// --- commands --------------------------------------------------------------------------------

struct WriteLetter {
    Correspondent to;
    std::string text;
};
/// What was written before the message `before`, or the newest.
struct ReadLetters {
    Correspondent with;
    MessageId before{};
    std::uint32_t letters = 0;  // how many; 0: as many as a page holds
};
struct AskUnread {};
/// Up to and with a message; 0: all there is. Of a room or, with `channel` zero, of somebody's.
struct MarkRead {
    ChannelId channel{};
    Correspondent with;
    MessageId id{};
};

using LetterCommand = std::variant<WriteLetter, ReadLetters, AskUnread, MarkRead>;

/// The word that Refused and Done call it by: message, messages, unread, read.
std::string_view word_for(const LetterCommand& command);

// --- events ----------------------------------------------------------------------------------

struct Letter {
    MessageId id{};
    Correspondent from;
    std::string from_name;  // as it was then
    Correspondent to;
    std::string to_name;
    bool own = false;  // we wrote it, on whatever device
    std::string text;  // empty once deleted
    std::int64_t unix_ms = 0;
    std::int64_t edited_unix_ms = 0;  // 0: never
    bool deleted = false;
};
/// Somebody has written to us, or we to somebody.
struct LetterReceived {
    Letter letter;
};
/// It is on the server's disk.
struct LetterAccepted {
    MessageId id{};
};
struct LetterChanged {
    Letter letter;
};
/// The answer to ReadLetters, oldest first. With `missed`, unasked, after a login or a loss: what was
/// written while this talkie was not here and is unread, or, of a loss, was not told yet; of the latest ten
/// conversations.
struct LettersReceived {
    Correspondent with;
    std::string name;
    std::vector<Letter> letters;
    bool more = false;  // there are older ones; with `missed`, that were missed, too
    bool missed = false;
};

struct UnreadRoom {
    ChannelId channel{};
    std::uint32_t unread = 0;  // the server counts to 1,000
    std::uint32_t mentions = 0;
    MessageId read_to{};
};
struct UnreadPerson {
    Correspondent with;
    std::string name;
    std::uint32_t unread = 0;
    MessageId read_to{};
    MessageId last{};  // the newest message
};
/// The answer to AskUnread: rooms where something is, and the latest conversations, newest first.
struct UnreadReceived {
    std::vector<UnreadRoom> rooms;
    std::vector<UnreadPerson> people;
};
/// Another of our devices has read on, in a room or what somebody wrote.
struct ReadElsewhere {
    std::optional<UnreadRoom> room;
    std::optional<UnreadPerson> person;
};

struct Person;
/// Whoever is here by that name, matched exactly, else without regard to ASCII case when that is
/// unambiguous; otherwise the account of that name. "device:…" is a guest's device.
Correspondent find_correspondent(const std::vector<Person>& people, std::string_view name);
/// The word that find_correspondent() takes for one that was told.
std::string name_of(const Correspondent& correspondent);

}  // namespace partyline::client
