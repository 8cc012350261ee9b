#include "cli/administration.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

TEST(Administration, LinesSayWhatIsToChange) {
    struct Case {
        std::string_view line;
        Administer command;
    };
    const Case cases[] = {
        {"room create Games/Chess members temporary",
         RoomCreate{
             .path = "Games/Chess", .preset = client::RoomPreset::members_only, .temporary = true}},
        {"room edit Lobby topic \"Come in\"",
         RoomEdit{.room = "Lobby", .what = "topic", .value = "Come in"}},
        {"room edit Lobby keep never", RoomEdit{.room = "Lobby", .what = "keep", .value = "never"}},
        {"room move Lobby \"\" 3", RoomMove{.room = "Lobby", .parent = "", .order = 3}},
        {"room delete \"Old den\"", RoomDelete{"Old den"}},
    };
    for (const auto& [line, command] : cases) {
        const auto parsed = parse_command(line);
        ASSERT_TRUE(parsed.has_value()) << line << ": " << parsed.error().message;
        EXPECT_EQ(std::get<Administer>(*parsed), command) << line;
    }
}

TEST(Administration, OtherLinesAreExplained) {
    for (const auto* line :
         {"room", "room \"Lobby", "room paint Lobby", "room create", "room create Den cosy",
          "room edit Lobby", "room edit Lobby colour red", "room edit Lobby seats many",
          "room edit Lobby keep long", "room move Lobby", "room move Lobby Den last", "room delete",
          "room delete A B"}) {
        const auto parsed = parse_command(line);
        ASSERT_FALSE(parsed.has_value()) << line;
        EXPECT_EQ(parsed.error().code, ErrorCode::malformed) << line;
        EXPECT_FALSE(parsed.error().message.empty()) << line;
    }
}

TEST(Administration, RoomsAreLookedUpInTheTree) {
    const std::vector<client::Room> rooms{
        {.id = ChannelId{1}, .name = "Games"},
        {.id = ChannelId{2}, .parent = ChannelId{1}, .name = "Chess"}};
    const auto made = resolve(RoomCreate{.path = "games/Go"}, rooms, {});
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(std::get<client::MakeRoom>(*made).parent, ChannelId{1});
    EXPECT_EQ(std::get<client::MakeRoom>(*made).name, "Go");
    const auto moved = resolve(RoomMove{.room = "Games/Chess", .parent = ""}, rooms, {});
    ASSERT_TRUE(moved.has_value());
    EXPECT_EQ(std::get<client::MoveRoom>(*moved).channel, ChannelId{2});
    EXPECT_EQ(std::get<client::MoveRoom>(*moved).parent, ChannelId{});
    const auto kept = resolve(RoomEdit{.room = "Games", .what = "keep", .value = "30"}, rooms, {});
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(std::get<client::EditRoom>(*kept).retention->days, 30U);
    EXPECT_EQ(resolve(RoomDelete{"Attic"}, rooms, {}).error().code, ErrorCode::unknown_channel);
    EXPECT_EQ(client::word_for(*made), "room");
}

}  // namespace
}  // namespace partyline::cli
