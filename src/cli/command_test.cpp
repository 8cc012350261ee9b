#include "cli/command.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

TEST(Command, LinesAreRead) {
    const auto most_texts = std::format("history {}  #12", history_texts_max);
    const std::vector<std::pair<std::string_view, Command>> cases{
        {"say hello", Say{"hello"}},
        {"  say   hello  there \r", Say{"hello  there"}},
        {"say \"quoted\"", Say{"\"quoted\""}},
        {"move Room/Sub room", Move{"Room/Sub room"}},
        {"join \"Room/Sub room\"", Move{"Room/Sub room"}},
        {"join Den --password open sesame", Move{.room = "Den", .password = "open sesame"}},
        {"join \"The Den\" --password \" x\"", Move{.room = "The Den", .password = " x"}},
        {"leave", Leave{}},
        {"mute", SetMute{true}},
        {"unmute ", SetMute{false}},
        {"deafen", SetDeafen{true}},
        {"undeafen", SetDeafen{false}},
        {"who", Who{}},
        {"rooms", Rooms{}},
        {"stats", Stats{}},
        {"help", Help{}},
        {"history", History{.texts = history_texts}},
        {"history 5", History{.texts = 5}},
        {most_texts, History{.texts = history_texts_max, .before = MessageId{12}}},
        {"edit 12 the text", Edit{.id = MessageId{12}, .text = "the text"}},
        {"delete #3", Delete{MessageId{3}}},
        {"claim Ada", Claim{"Ada"}},
        {"link \"Ada L.\"", Link{"Ada L."}},
        {"unlink abc", Unlink{"abc"}},
        {"devices", Devices{}},
        {"devices Ada", Devices{"Ada"}},
        {"password", Password{}},
        {"owner T", Owner{"T"}},
        {"recovery-code", RecoveryCode{}},
        {"quit", Quit{}},
    };
    for (const auto& [line, command] : cases) {
        const auto parsed = parse_command(line);
        ASSERT_TRUE(parsed) << line;
        EXPECT_EQ(*parsed, command) << line;
    }
}

TEST(Command, OtherLinesAreExplained) {
    const auto too_many_texts = std::format("history {}", history_texts_max + 1);
    const auto texts_explained = std::format(
        "\"history\" takes a number of texts, 1 to {}, and the id of a text to go back from",
        history_texts_max);
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"dance", "there is no command \"dance\"; \"help\" lists them"},
        {"sayhello", "there is no command \"sayhello\"; \"help\" lists them"},
        {"say ", "\"say\" needs a text after it"},
        {"move", "\"move\" needs the name of a room after it"},
        {"mute now", "\"mute\" takes nothing after it"},
        {too_many_texts, texts_explained},
        {"history 0", texts_explained},
        {"history 5 x", "after the number of texts comes the id of a text"},
        {"history 5 6 7", "after the number of texts comes the id of a text"},
        {"edit x", "\"edit\" needs the id of a text after it; \"history\" shows them"},
        {"edit 5", "\"edit\" needs the new text after the id"},
        {"claim", "\"claim\" needs the name that is to be yours after it"},
        {"link ", "\"link\" needs the name of your account after it"},
        {"unlink", "\"unlink\" needs a device that \"devices\" shows after it"},
        {"delete 5 6", "\"delete\" takes one id"},
        {"delete 5x", "\"delete\" needs the id of a text after it; \"history\" shows them"},
    };
    for (const auto& [line, message] : cases) {
        const auto parsed = parse_command(line);
        ASSERT_FALSE(parsed) << line;
        EXPECT_EQ(parsed.error().message, message);
    }
}

}  // namespace
}  // namespace partyline::cli
