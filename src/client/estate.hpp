// What a talkie takes from one connection to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "client/letters.hpp"
#include "client/whisper_sets.hpp"

namespace partyline::client {

/// How far something has come that the server has not accepted yet.
enum class Sent : std::uint8_t {
    no,
    perhaps,     // on an earlier connection
    on_its_way,  // on the one that has just ended
};

/// A text that no server has accepted yet. The nonce stays, so that it is said once even if only the
/// answer was lost.
struct Unsaid {
    std::uint64_t nonce = 0;
    std::string text;
    Sent sent = Sent::no;
};

struct UnsentLetter {
    std::uint64_t nonce = 0;
    WriteLetter letter;
    Sent sent = Sent::no;
};

struct Estate {
    /// We have been connected before.
    bool again = false;
    /// The names from the top to the room we were in or on our way to. Empty for no room.
    std::vector<std::string> room;
    /// Its number, whatever becomes of its name and its place; 0 of a temporary one, whose number another
    /// may have after a restart.
    ChannelId room_id{};
    std::string room_password;  // that we came in with; the room may ask for it again
    /// It is to be tried in place of theirs, of which the person was told why they cannot have it.
    bool instead = false;
    bool in_room = false;  // as the person was last told
    bool mute = false;
    bool deafen = false;
    bool priority = false;       // to speak above others, as the server had granted it in that room
    std::vector<Unsaid> unsaid;  // in that room, in order
    /// The person knows all that was said there up to this text; 0: there was none. Nothing: we cannot
    /// tell.
    std::optional<MessageId> told_to;
    std::vector<UnsentLetter> letters;
    /// The person knows of all direct messages up to this one. Nothing: of those that are read, at most.
    std::optional<MessageId> letters_told_to;
    std::vector<WishedSet> whispers;
    StreamId whispering{};  // to which of them; 0: to the room
    /// `join` or `leave`, if the person asked for that and has not been told of it.
    std::string moving;
};

}  // namespace partyline::client
