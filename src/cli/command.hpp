// What a person or a script can ask of a connected talkie.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "cli/administration.hpp"
#include "cli/hearing.hpp"
#include "cli/invites.hpp"
#include "cli/letters.hpp"
#include "cli/limits.hpp"
#include "cli/recording.hpp"
#include "cli/voice.hpp"
#include "cli/whisper.hpp"

namespace partyline::cli {

struct Say {
    std::string text;
    bool operator==(const Say&) const = default;
};
struct Move {
    std::string room;
    std::string password = {};  // of the room, if it asks for one
    bool operator==(const Move&) const = default;
};
struct Leave {
    bool operator==(const Leave&) const = default;
};
struct SetMute {
    bool on = false;
    bool operator==(const SetMute&) const = default;
};
struct SetDeafen {
    bool on = false;
    bool operator==(const SetDeafen&) const = default;
};
/// What was said before the text `before`, or the newest.
struct History {
    std::uint32_t texts = history_texts;
    MessageId before{};
    bool operator==(const History&) const = default;
};
struct Edit {
    MessageId id{};
    std::string text;
    bool operator==(const Edit&) const = default;
};
struct Delete {
    MessageId id{};
    bool operator==(const Delete&) const = default;
};
/// Makes an account of that name; the password comes from where passwords come from.
struct Claim {
    std::string name;
    bool operator==(const Claim&) const = default;
};
/// Links this device to an account.
struct Link {
    std::string name;
    bool operator==(const Link&) const = default;
};
struct Unlink {
    std::string device;
    bool operator==(const Unlink&) const = default;
};
/// Of somebody's account, or of one's own.
struct Devices {
    std::string name;
    bool operator==(const Devices&) const = default;
};
/// A new one for one's own account, or for somebody's.
struct Password {
    std::string name;
    bool operator==(const Password&) const = default;
};
/// A new one, for one's own account.
struct RecoveryCode {
    bool operator==(const RecoveryCode&) const = default;
};
struct Owner {
    std::string token;
    bool operator==(const Owner&) const = default;
};
struct Who {
    bool operator==(const Who&) const = default;
};
struct Rooms {
    bool operator==(const Rooms&) const = default;
};
struct Stats {
    bool operator==(const Stats&) const = default;
};
struct Help {
    bool operator==(const Help&) const = default;
};
struct Quit {
    bool operator==(const Quit&) const = default;
};

using Command =
    std::variant<Say, Move, Leave, History, Edit, Delete, SetMute, SetDeafen, Claim, Link, Unlink,
                 Devices, Password, Owner, Who, Rooms, Stats, Help, Quit, Administer, Letters,
                 Invites, Whispers, Voice, Hearing, Recording, RecoveryCode>;

/// One line of standard input. Fails with malformed, saying what it could have been.
Result<Command> parse_command(std::string_view line);

/// The commands with a line of explanation each.
std::string_view command_help();

}  // namespace partyline::cli
