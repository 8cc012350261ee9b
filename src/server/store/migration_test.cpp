// From every version that was ever released to the newest.
#include <SQLiteCpp/Statement.h>

#include <span>

#include "server/room/built_in.hpp"
#include "server/store/database.hpp"
#include "server/store/schema.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

/// As the first version left it: two rooms, one in the other, and a text.
constexpr auto version_1 =
    "UPDATE meta SET value = 20000 WHERE key = 'last_message';"
    "INSERT INTO channel VALUES (3, 0, 'lobby'), (7, 3, 'attic');"
    "INSERT INTO message VALUES (12, 7, zeroblob(32), 'Ada', 'kept', 5, 1000, 0, 0);";

class MigrationTest : public testing::Test {
protected:
    void make_version_1() const {
        auto database = open_database(path(), std::span(schema).first(1)).value();
        database.exec(version_1);
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "partyline.db"; }
    const test::Folder folder_;
};

const std::vector<room::Channel> of_file{
    {.id = ChannelId{1}, .name = "Lobby"},
    {.id = ChannelId{2}, .parent = ChannelId{1}, .name = "Attic", .topic = "dust"}};

TEST_F(MigrationTest, FromTheFirstVersionRoomsKeepTheirIdsAndTexts) {
    make_version_1();
    test::Waiting waiting(path());
    EXPECT_EQ(waiting.records().roles, room::built_in_roles());
    EXPECT_TRUE(waiting.records().channels.empty()) << "until the file says how they are called";
    const auto settled = waiting.store->settle(of_file).value();
    ASSERT_EQ(settled.size(), 2U);
    EXPECT_EQ(settled[0], (room::Channel{.id = ChannelId{3}, .name = "Lobby"}));
    EXPECT_EQ(settled[1],
              (room::Channel{
                  .id = ChannelId{7}, .parent = ChannelId{3}, .name = "Attic", .topic = "dust"}));
    EXPECT_EQ(waiting.find(12)->text, "kept");
    EXPECT_GE(waiting.store->last_id().value, 20'000U);
    auto more = of_file;
    more.push_back({.id = ChannelId{3}, .name = "Cellar"});
    ASSERT_TRUE(waiting.store->settle(more));
    EXPECT_EQ(waiting.records().last_channel, ChannelId{8});
}

TEST_F(MigrationTest, OneThatFailsInTheMiddleChangesNothing) {
    make_version_1();
    std::vector migrations(schema.begin(), schema.end());
    migrations.push_back({"DROP TABLE message; INSERT INTO nowhere VALUES (1)"});
    EXPECT_FALSE(open_database(path(), migrations));
    auto database = open_database(path(), std::span(schema).first(1)).value();
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM channel WHERE name = 'attic'").getInt(), 1);
    EXPECT_EQ(database.execAndGet("SELECT text FROM message").getString(), "kept");
    EXPECT_FALSE(database.tableExists("role"));
}

}  // namespace
}  // namespace partyline::store
