#include "server/store/foresight.hpp"

#include <span>

#include "server/store/database.hpp"
#include "server/store/schema.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

const std::vector<room::Channel> file{
    {.id = ChannelId{1}, .name = "Lobby"},
    {.id = ChannelId{2}, .parent = ChannelId{1}, .name = "Attic"}};

class ForesightTest : public testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> foreseen(const std::vector<room::Channel>& of_file) {
        std::vector<std::string> names;
        const auto records = foresee_rooms(path(), of_file).value();
        for (const auto& record : records.channels) {
            names.push_back(record.channel.name);
        }
        return names;
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "partyline.db"; }
    using Names = std::vector<std::string>;
    const test::Folder folder_;
};

TEST_F(ForesightTest, RoomsAreAsTheNextStartWillHaveThem) {
    test::Waiting waiting(path());
    const auto settled = waiting.store->settle(file).value();
    auto more = file;
    more.push_back({.id = ChannelId{3}, .name = "Cellar"});
    EXPECT_EQ(foreseen(more), (Names{"Lobby", "Cellar", "Attic"})) << "one that is new in the file";
    EXPECT_EQ(foreseen({file.front()}), Names{"Lobby"}) << "one that the file has no more";
    ASSERT_TRUE(waiting.apply({room::DropChannel{settled[1].id},
                               room::ChannelRecord{.channel = {.id = ChannelId{9}, .name = "Nook"}},
                               room::KnowAwayRoom{"Lobby/Attic"}}));
    EXPECT_EQ(foreseen(file), (Names{"Lobby", "Nook"})) << "deleted, and made, while it ran";
    EXPECT_EQ(foresee_rooms(path(), file)->known_away_room, "Lobby/Attic");
    EXPECT_EQ(waiting.records().channels.size(), 2U) << "nothing has changed";
    EXPECT_EQ(waiting.records().last_channel, ChannelId{9});
}

TEST_F(ForesightTest, ADatabaseOfAnotherVersionIsNotGuessedAt) {
    {
        auto database = open_database(path(), std::span(schema).first(7)).value();
    }
    const auto older = foresee_rooms(path(), file).error();
    EXPECT_EQ(older.code, ErrorCode::config);
    EXPECT_TRUE(older.message.contains("brings it up to date")) << older.message;
    {
        auto database = open_database(path(), schema).value();
        database.exec("PRAGMA user_version = 1000");
    }
    const auto newer = foresee_rooms(path(), file).error();
    EXPECT_EQ(newer.code, ErrorCode::config);
    EXPECT_TRUE(newer.message.contains("of a newer version")) << newer.message;
    EXPECT_EQ(foresee_rooms(folder_.path / "none.db", file).error().code, ErrorCode::io);
}

}  // namespace
}  // namespace partyline::store
