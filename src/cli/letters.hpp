// Lines of input about direct messages and about what is unread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// Somebody, as client::find_correspondent() finds them.
struct Message {
    std::string to;
    std::string text;
    bool operator==(const Message&) const = default;
};
/// What was written before the message `before`, or the newest.
struct Messages {
    std::string with;
    std::uint32_t letters = 0;
    MessageId before{};
    bool operator==(const Messages&) const = default;
};
struct Unread {
    bool operator==(const Unread&) const = default;
};
/// A room, or "@" and somebody.
struct Read {
    std::string what;
    MessageId id{};  // 0: all that there is
    bool operator==(const Read&) const = default;
};

using Letters = std::variant<Message, Messages, Unread, Read>;

/// Whether this word begins one of these.
bool is_letters(std::string_view word);
/// What is after the word. Names with spaces stand in quotes. Fails with malformed, saying what it
/// could have been.
Result<Letters> parse_letters(std::string_view word, std::string_view rest);
/// With rooms and people looked up as they are. Fails with unknown_channel.
Result<client::LetterCommand> resolve(const Letters& command,
                                      const std::vector<client::Room>& rooms,
                                      const std::vector<client::Person>& people);

}  // namespace partyline::cli
