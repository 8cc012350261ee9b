#include "cli/command.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace partyline::cli {
namespace {

TEST(Command, LinesAreRead) {
    const std::vector<std::pair<std::string_view, Command>> cases{
        {"say hello", Say{"hello"}},
        {"  say   hello  there \r", Say{"hello  there"}},
        {"say \"quoted\"", Say{"\"quoted\""}},
        {"move Room/Sub room", Move{"Room/Sub room"}},
        {"join \"Room/Sub room\"", Move{"Room/Sub room"}},
        {"leave", Leave{}},
        {"mute", SetMute{true}},
        {"unmute ", SetMute{false}},
        {"deafen", SetDeafen{true}},
        {"undeafen", SetDeafen{false}},
        {"who", Who{}},
        {"rooms", Rooms{}},
        {"stats", Stats{}},
        {"help", Help{}},
        {"quit", Quit{}},
    };
    for (const auto& [line, command] : cases) {
        const auto parsed = parse_command(line);
        ASSERT_TRUE(parsed) << line;
        EXPECT_EQ(*parsed, command) << line;
    }
}

TEST(Command, OtherLinesAreExplained) {
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"dance", "there is no command \"dance\"; \"help\" lists them"},
        {"sayhello", "there is no command \"sayhello\"; \"help\" lists them"},
        {"say ", "\"say\" needs a text after it"},
        {"move", "\"move\" needs the name of a room after it"},
        {"mute now", "\"mute\" takes nothing after it"},
    };
    for (const auto& [line, message] : cases) {
        const auto parsed = parse_command(line);
        ASSERT_FALSE(parsed) << line;
        EXPECT_EQ(parsed.error().message, message);
    }
}

}  // namespace
}  // namespace partyline::cli
