// From every version that was ever released to the newest.
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <format>
#include <span>

#include "server/room/built_in.hpp"
#include "server/room/decide.hpp"
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

/// As the second version left it: an account, and a text with a nonce.
constexpr auto version_2 =
    "INSERT INTO channel(id, name, folded, topic, sort, icon, bitrate_bps_max, seats_max, "
    "slow_mode_s, password_hash, keep, keep_days, keep_bytes, away) "
    "VALUES (7, 'Attic', 'attic', '', 0, '', 0, 0, 0, '', 1, 0, 0, 0);"
    "INSERT INTO account VALUES (1, 'Ada', 'ada', '', '', 0, 1000);"
    "INSERT INTO message VALUES (12, 7, zeroblob(32), 'Ada', 'kept', 5, 1000, 0, 0);";

/// As the third version left it: invites of an account, of the machine's owner and of a guest, a text
/// of an account's device and one of a guest's.
constexpr auto version_3 =
    "INSERT INTO account VALUES (1, 'Ada', 'ada', '', '', 0, 1000);"
    "INSERT INTO device VALUES (zeroblob(32), 1, '', 1000);"
    "INSERT INTO invite VALUES (1, zeroblob(32), NULL, NULL, 3, 0, 'Ada'),"
    " (2, zeroblob(32), NULL, NULL, 3, 0, '(at the machine)'),"
    " (3, zeroblob(32), NULL, NULL, 3, 0, 'Somebody');"
    "INSERT INTO message VALUES (12, 7, zeroblob(32), 'Ada', 'kept', 5, 1000, 0, 0, 0, 0),"
    " (13, 7, randomblob(32), 'Gus', 'kept too', 5, 1000, 0, 0, 0, 0);";

/// As the fourth version left it: a ban.
constexpr auto version_4 =
    "INSERT INTO ban VALUES (3, zeroblob(32), 0, NULL, 0, 'Eve', 'spam', 'Ada', 1000, 0);";

/// As the fifth version and the two after it left it: an account that is muted.
constexpr auto version_5 = "INSERT INTO silence VALUES (1, zeroblob(32), 1, 0, 500, 0, 1000);";

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

TEST_F(MigrationTest, FromTheSecondVersionAllIsThereAndLettersCanBeWritten) {
    {
        auto database = open_database(path(), std::span(schema).first(2)).value();
        database.exec(version_2);
    }
    test::Waiting waiting(path());
    const auto kept = waiting.find(12);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->text, "kept");
    EXPECT_FALSE(kept->direct);
    EXPECT_EQ(waiting.records().accounts.size(), 1U);
    auto letter = test::message(30'000, "hello");
    letter.channel = {};
    letter.direct = room::Direct{.from = room::Person::of(letter.author),
                                 .to = room::Person::of(AccountId{1}),
                                 .to_name = "Ada"};
    ASSERT_TRUE(waiting.append(letter));
    EXPECT_EQ(waiting.find(30'000), letter);
    EXPECT_EQ(waiting.append(test::message(30'001, "again", 5))->id, MessageId{30'001})
        << "another author's nonce";
}

TEST_F(MigrationTest, FromTheThirdVersionTextsAndInvitesHaveWhoMadeThem) {
    {
        auto database = open_database(path(), std::span(schema).first(3)).value();
        database.exec(version_3);
    }
    test::Waiting waiting(path());
    EXPECT_EQ(waiting.find(12)->account, AccountId{1});
    EXPECT_EQ(waiting.find(13)->account, AccountId{});
    EXPECT_EQ(waiting.find(13)->text, "kept too");
    const auto invites = waiting.records().invites;
    ASSERT_EQ(invites.size(), 3U);
    EXPECT_EQ(invites[0].maker, AccountId{1});
    EXPECT_EQ(invites[1].maker, room::at_the_machine.account);
    EXPECT_EQ(invites[2].maker, AccountId{});
    EXPECT_EQ(invites[2].uses_left, 3U);
    EXPECT_TRUE(invites[2].used_by.empty());
}

TEST_F(MigrationTest, WhoMadeWhatFailsInTheMiddleAndLeavesTheThirdVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(3)).value();
        database.exec(version_3);
        // What the fourth version wants to make, halfway through.
        database.exec("CREATE TABLE invite_use(x INTEGER)");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(3)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 3);
    EXPECT_EQ(database
                  .execAndGet("SELECT count(*) FROM pragma_table_info('invite') "
                              "WHERE name = 'maker'")
                  .getInt(),
              0);
    EXPECT_EQ(database.execAndGet("SELECT text FROM message WHERE id = 12").getString(), "kept");
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

TEST_F(MigrationTest, LettersThatFailInTheMiddleLeaveTheSecondVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(2)).value();
        database.exec(version_2);
        // What the third version wants to make, halfway through.
        database.exec("CREATE TABLE mention(x INTEGER)");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(2)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 2);
    EXPECT_FALSE(database.tableExists("conversation"));
    EXPECT_EQ(database.execAndGet("SELECT text FROM message").getString(), "kept");
}

TEST_F(MigrationTest, ABanOfBeforeIsAsIfAModeratorHadPlacedIt) {
    {
        auto database = open_database(path(), std::span(schema).first(4)).value();
        database.exec(version_4);
    }
    test::Waiting waiting(path());
    const auto bans = waiting.records().bans;
    ASSERT_EQ(bans.size(), 1U);
    EXPECT_EQ(bans[0].reason, "spam");
    const auto roles = room::built_in_roles();
    EXPECT_EQ(bans[0].rank, std::ranges::find(roles, room::moderator_role, &room::Role::id)->rank);
    EXPECT_TRUE(waiting.records().silences.empty());
}

TEST_F(MigrationTest, WhoCouldWriteToPeopleDirectlyStillCan) {
    {
        auto database = open_database(path(), std::span(schema).first(5)).value();
        database.exec("INSERT INTO role VALUES (1, 'Guest', 0, 1, 1), (9, 'DJ', 200, 1, 0)");
    }
    test::Waiting waiting(path());
    const auto roles = waiting.records().roles;
    using room::Permission;
    EXPECT_EQ(std::ranges::find(roles, room::guest_role, &room::Role::id)->grants,
              (room::PermissionSet{Permission::see, Permission::write_direct}))
        << "with what its owner has taken from it";
    EXPECT_EQ(std::ranges::find(roles, RoleId{9}, &room::Role::id)->grants,
              room::PermissionSet{Permission::see});
}

TEST_F(MigrationTest, AFailureInTheMiddleLeavesTheFifthVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(5)).value();
        database.exec(
            "INSERT INTO role VALUES (1, 'Guest', 0, 1, 1);"
            "CREATE TRIGGER no BEFORE UPDATE ON role BEGIN SELECT raise(ABORT, 'no'); END");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(5)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 5);
    EXPECT_EQ(database.execAndGet("SELECT grants FROM role").getInt(), 1);
}

TEST_F(MigrationTest, FromTheSixthVersionWhoHasAnAccountMayRecord) {
    {
        auto database = open_database(path(), std::span(schema).first(6)).value();
        // Member may whisper alone, Guest nothing; a role of one's own is as it was.
        database.exec(
            "INSERT INTO role VALUES (1, 'Guest', 0, 0, 1), (2, 'Member', 100, 32, 1),"
            " (9, 'DJ', 50, 4, 0)");
    }
    test::Waiting waiting(path());
    const auto roles = waiting.records().roles;
    const auto grants = [&](std::uint32_t id) {
        return std::ranges::find(roles, RoleId{id}, &room::Role::id)->grants;
    };
    using enum room::Permission;
    EXPECT_EQ(grants(1), room::PermissionSet{});
    EXPECT_EQ(grants(2), (room::PermissionSet{whisper, record}));
    EXPECT_EQ(grants(9), room::PermissionSet{speak});
}

TEST_F(MigrationTest, EveryVersionBecomesTheNewestAndRemembersTheAwayRoom) {
    for (std::size_t version = 1; version < schema.size(); ++version) {
        const auto from = folder_.path / std::format("{}.db", version);
        {
            auto database = open_database(from, std::span(schema).first(version)).value();
        }
        test::Waiting waiting(from);
        EXPECT_EQ(waiting.records().known_away_room, "") << version;
        ASSERT_TRUE(waiting.apply({room::KnowAwayRoom{"Attic"}})) << version;
        ASSERT_TRUE(waiting.apply({room::KnowAwayRoom{"Lobby/Attic"}})) << version;
        EXPECT_EQ(waiting.records().known_away_room, "Lobby/Attic") << version;
    }
}

TEST_F(MigrationTest, WhoWasMutedBeforeIsStillForNoReasonThatIsKnown) {
    for (std::size_t version = 5; version < 8; ++version) {
        const auto from = folder_.path / std::format("{}.db", version);
        {
            auto database = open_database(from, std::span(schema).first(version)).value();
            database.exec(version_5);
        }
        test::Waiting waiting(from);
        room::Silence before{
            .whose = room::Person::of(AccountId{1}), .mute = true, .rank = 500, .unix_ms = 1000};
        EXPECT_EQ(waiting.records().silences, std::vector{before}) << version;
        before.reason = "echo";
        ASSERT_TRUE(waiting.apply({before})) << version;
        EXPECT_EQ(waiting.records().silences, std::vector{before}) << version;
    }
}

TEST_F(MigrationTest, AFailureInTheMiddleLeavesTheSeventhVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(7)).value();
        database.exec(version_5);
        // What the eighth version wants to make, halfway through.
        database.exec("ALTER TABLE silence ADD COLUMN reason TEXT");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(7)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 7);
    EXPECT_FALSE(database.tableExists("known"));
    EXPECT_EQ(database.execAndGet("SELECT mute FROM silence").getInt(), 1);
}

/// As the eighth version left it: who recorded, and what moderators did meanwhile.
constexpr auto version_8 =
    "INSERT INTO audit(unix_ms, actor, action, target, reason, detail) VALUES"
    " (1, 'Mo', 'kick', 'Eve', '', ''), (2, 'Mem', 'recording_begun', 'Lobby', '', ''),"
    " (3, 'Mo', 'ban', 'Eve', '', ''), (4, 'Mem', 'recording_ended', 'Lobby', '', '');";

TEST_F(MigrationTest, WhatTheAuditLogHadIsSharedOut) {
    {
        auto database = open_database(path(), std::span(schema).first(8)).value();
        database.exec(version_8);
    }
    auto database = open_database(path(), schema).value();
    EXPECT_EQ(database
                  .execAndGet("SELECT group_concat(share || ':' || place) FROM "
                              "(SELECT share, place FROM audit ORDER BY id)")
                  .getString(),
              "0:1,1:1,0:2,1:2");
}

TEST_F(MigrationTest, AFailureInTheMiddleLeavesTheEighthVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(8)).value();
        database.exec(version_8);
        // What the ninth version wants to make, halfway through.
        database.exec("ALTER TABLE audit ADD COLUMN place INTEGER");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(8)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 8);
    EXPECT_EQ(
        database.execAndGet("SELECT count(*) FROM pragma_table_info('audit') WHERE name = 'share'")
            .getInt(),
        0);
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM audit").getInt(), 4);
}

TEST_F(MigrationTest, RecordingsOfBeforeAreCountedAndNobodys) {
    {
        auto database = open_database(path(), std::span(schema).first(8)).value();
        database.exec(version_8);
    }
    {
        auto database = open_database(path(), std::span(schema).first(9)).value();
    }
    auto database = open_database(path(), schema).value();
    EXPECT_EQ(database.execAndGet("SELECT value FROM meta WHERE key = 'audit_recordings'").getInt(),
              2);
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM audit WHERE person IS NULL").getInt(), 4);
}

TEST_F(MigrationTest, AFailureInTheMiddleLeavesTheNinthVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(9)).value();
        // What the tenth version wants to make, in the end.
        database.exec("INSERT INTO meta VALUES ('audit_recordings', 0)");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(9)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 9);
    EXPECT_EQ(
        database.execAndGet("SELECT count(*) FROM pragma_table_info('audit') WHERE name = 'person'")
            .getInt(),
        0);
}

TEST_F(MigrationTest, SilencesThatFailInTheMiddleLeaveTheFourthVersion) {
    {
        auto database = open_database(path(), std::span(schema).first(4)).value();
        database.exec(version_4);
        database.exec("ALTER TABLE ban ADD COLUMN rank INTEGER");
    }
    EXPECT_FALSE(open_database(path(), schema));
    auto database = open_database(path(), std::span(schema).first(4)).value();
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 4);
    EXPECT_FALSE(database.tableExists("silence"));
    EXPECT_EQ(database.execAndGet("SELECT reason FROM ban").getString(), "spam");
}

}  // namespace
}  // namespace partyline::store
