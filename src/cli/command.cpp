#include "cli/command.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <optional>

namespace partyline::cli {
namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// "Room" in quotes is the same as without: that is how the command line had it.
std::string_view unquote(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

struct Word {
    std::string_view word;
    Command command;
};
const std::array<Word, 10> plain_words{{{"leave", Leave{}},
                                        {"mute", SetMute{true}},
                                        {"unmute", SetMute{false}},
                                        {"deafen", SetDeafen{true}},
                                        {"undeafen", SetDeafen{false}},
                                        {"who", Who{}},
                                        {"rooms", Rooms{}},
                                        {"stats", Stats{}},
                                        {"help", Help{}},
                                        {"quit", Quit{}}}};

Result<Command> with_argument(std::string_view word, std::string_view argument) {
    if (argument.empty()) {
        return fail(ErrorCode::malformed,
                    std::format("\"{}\" needs {} after it", word,
                                word == "say" ? "a text" : "the name of a room"));
    }
    if (word == "say") {
        return Say{std::string(argument)};
    }
    return Move{std::string(unquote(argument))};
}

}  // namespace

Result<Command> parse_command(std::string_view line) {
    const auto text = trim(line);
    const auto word = text.substr(0, text.find_first_of(" \t"));
    const auto argument = trim(text.substr(word.size()));
    if (word == "say" || word == "move" || word == "join") {
        return with_argument(word, argument);
    }
    const auto found = std::ranges::find(plain_words, word, &Word::word);
    if (found == plain_words.end()) {
        return fail(ErrorCode::malformed,
                    std::format("there is no command \"{}\"; \"help\" lists them", word));
    }
    if (!argument.empty()) {
        return fail(ErrorCode::malformed, std::format("\"{}\" takes nothing after it", word));
    }
    return found->command;
}

std::string_view command_help() {
    return "  say TEXT          tells the room\n"
           "  who               who is where\n"
           "  rooms             the rooms\n"
           "  move ROOM         goes to another room, \"Room/Sub room\"; also: join ROOM\n"
           "  leave             leaves the room and stays connected\n"
           "  mute, unmute      your microphone\n"
           "  deafen, undeafen  your ears\n"
           "  stats             what was sent and heard\n"
           "  quit              goodbye\n";
}

}  // namespace partyline::cli
