#include "cli/letters.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string_view>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

Letters parsed(std::string_view line) { return std::get<Letters>(parse_command(line).value()); }

TEST(LetterCommands, SayWhatIsMeant) {
    EXPECT_EQ(parsed("message Ada how are you?"),
              Letters(Message{.to = "Ada", .text = "how are you?"}));
    EXPECT_EQ(parsed("message \"Ada Lovelace\"  \"hi\""),
              Letters(Message{.to = "Ada Lovelace", .text = "\"hi\""}));
    EXPECT_EQ(parsed("messages Ada"), Letters(Messages{.with = "Ada", .letters = history_texts}));
    EXPECT_EQ(
        parsed(std::format("messages Ada {} #9", history_texts_max)),
        Letters(Messages{.with = "Ada", .letters = history_texts_max, .before = MessageId{9}}));
    EXPECT_EQ(parsed("unread"), Letters(Unread{}));
    EXPECT_EQ(parsed("read \"Games/Red team\""), Letters(Read{.what = "Games/Red team"}));
    EXPECT_EQ(parsed("read @Ada #7"), Letters(Read{.what = "@Ada", .id = MessageId{7}}));
}

TEST(LetterCommands, OthersAreMistakes) {
    for (const auto* line :
         {"message", "message Ada", "message \"Ada hi", "messages", "messages Ada 0",
          "messages Ada 65", "messages Ada x", "messages Ada 1 2 3", "unread Ada", "read", "read @",
          "read Lobby x", "read Lobby 1 2"}) {
        EXPECT_EQ(parse_command(line).error().code, ErrorCode::malformed) << line;
    }
}

TEST(LetterCommands, RoomsAndPeopleAreLookedUp) {
    const std::vector<client::Room> rooms{{.id = ChannelId{3}, .name = "Lobby"}};
    const std::vector<client::Person> people{{.session = SessionId{7}, .name = "Ada"}};
    const auto read = resolve(Read{.what = "lobby"}, rooms, people).value();
    EXPECT_EQ(std::get<client::MarkRead>(read).channel, ChannelId{3});
    const auto ada = resolve(Read{.what = "@Ada"}, rooms, people).value();
    EXPECT_EQ(std::get<client::MarkRead>(ada).with.session, SessionId{7});
    const auto zoe = resolve(Message{.to = "Zoë", .text = "hi"}, rooms, people).value();
    EXPECT_EQ(std::get<client::WriteLetter>(zoe).to.account, "Zoë");
    EXPECT_EQ(resolve(Read{.what = "Den"}, rooms, people).error().code, ErrorCode::unknown_channel);
}

}  // namespace
}  // namespace partyline::cli
