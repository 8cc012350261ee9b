#include "cli/whisper.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

Whispers parsed(std::string_view line) { return std::get<Whispers>(parse_command(line).value()); }

TEST(WhisperCommands, SayWhatIsMeant) {
    EXPECT_EQ(parsed("whisper set 1 bob \"Ada Lovelace\" \"#Games/Red team\""),
              Whispers(NameWhisper{.stream = StreamId{1},
                                   .to = {"bob", "Ada Lovelace", "#Games/Red team"}}));
    EXPECT_EQ(parsed("whisper clear 7"), Whispers(NameWhisper{.stream = StreamId{7}, .to = {}}));
    EXPECT_EQ(parsed("whisper 7"), Whispers(WhisperTo{StreamId{7}}));
    EXPECT_EQ(parsed("whisper off"), Whispers(WhisperTo{}));
}

TEST(WhisperCommands, OthersAreMistakes) {
    for (const auto* line :
         {"whisper", "whisper 0", "whisper 8", "whisper 1x", "whisper bob", "whisper set",
          "whisper set 1", "whisper set bob 1", "whisper set 8 bob", "whisper set 1 #",
          "whisper set 1 \"\"", "whisper clear", "whisper clear 1 bob", "whisper off 1",
          "whisper set 1 \"bob"}) {
        EXPECT_EQ(parse_command(line).error().code, ErrorCode::malformed) << line;
    }
}

TEST(WhisperCommands, RoomsAndPeopleAreLookedUp) {
    const std::vector<client::Room> rooms{{.id = ChannelId{3}, .name = "Lobby"}};
    const std::vector<client::Person> people{{.session = SessionId{7}, .name = "Ada"}};
    const auto look_up = [&](std::string_view line) {
        return resolve(parsed(line), rooms, people);
    };
    const auto set = std::get<client::SetWhisper>(look_up("whisper set 2 ada #lobby").value());
    EXPECT_EQ(set.stream, StreamId{2});
    EXPECT_EQ(set.sessions, std::vector{SessionId{7}});
    EXPECT_EQ(set.channels, std::vector{ChannelId{3}});
    EXPECT_EQ(look_up("whisper set 2 zoe").error().code, ErrorCode::unknown_person);
    EXPECT_EQ(look_up("whisper set 2 #Den").error().code, ErrorCode::unknown_channel);
    EXPECT_EQ(std::get<client::Whisper>(look_up("whisper off").value()).stream, StreamId{});
}

}  // namespace
}  // namespace partyline::cli
