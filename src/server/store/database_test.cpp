#include "server/store/database.hpp"

#include <SQLiteCpp/Statement.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <string>
#include <system_error>

#include "server/store/limits.hpp"
#include "server/store/schema.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

constexpr Migration make_pets{"CREATE TABLE pet(name TEXT); INSERT INTO pet VALUES ('Rex')"};
constexpr Migration add_age{"ALTER TABLE pet ADD COLUMN age INTEGER NOT NULL DEFAULT 3"};
constexpr Migration broken{"CREATE TABLE toy(name TEXT); INSERT INTO nowhere VALUES (1)"};

class DatabaseTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "test.db"; }
    [[nodiscard]] std::filesystem::path copy() const { return folder_.path / "test.db.before-2"; }

    /// With many texts, all of them in the one file.
    void fill() const {
        auto database = open_database(path(), schema).value();
        database.exec("PRAGMA journal_mode = DELETE");
        for (int i = 0; i < 500; ++i) {
            database.exec("INSERT INTO message VALUES (" + std::to_string(i + 1) +
                          ", 1, x'00', 'Ada', 'a text of some length', NULL, 1, 0, 0, 0, 0, 0)");
        }
    }
    static int number(SQLite::Database& database, const std::string& query) {
        return database.execAndGet(query).getInt();
    }

    const test::Folder folder_;
};

TEST_F(DatabaseTest, BringsAnOldOneToTheNewestVersionAndKeepsACopy) {
    ASSERT_TRUE(open_database(path(), std::span(&make_pets, 1)));
    EXPECT_FALSE(std::filesystem::exists(copy())) << "there was nothing to lose";
    const std::array both{make_pets, add_age};
    auto database = open_database(path(), both);
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_EQ(number(*database, "SELECT age FROM pet WHERE name = 'Rex'"), 3);
    EXPECT_EQ(number(*database, "PRAGMA user_version"), 2);
    EXPECT_EQ(std::filesystem::status(copy()).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    auto before = open_database(copy(), std::span(&make_pets, 1));
    ASSERT_TRUE(before) << "the copy is a database of the old version";
    EXPECT_EQ(number(*before, "SELECT count(*) FROM pet"), 1);
}

TEST_F(DatabaseTest, AFailureInTheMiddleChangesNothing) {
    ASSERT_TRUE(open_database(path(), std::span(&make_pets, 1)));
    const std::array all{make_pets, add_age, broken};
    const auto failed = open_database(path(), all);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::io);
    EXPECT_NE(failed.error().message.find("test.db"), std::string::npos);
    auto database = open_database(path(), std::span(&make_pets, 1));
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_EQ(number(*database, "PRAGMA user_version"), 1);
    EXPECT_EQ(number(*database, "SELECT count(*) FROM pragma_table_info('pet')"), 1);
    EXPECT_EQ(number(*database, "SELECT count(*) FROM sqlite_schema WHERE name = 'toy'"), 0);
}

TEST_F(DatabaseTest, ANewerOneStopsTheStart) {
    const std::array both{make_pets, add_age};
    ASSERT_TRUE(open_database(path(), both));
    const auto refused = open_database(path(), std::span(&make_pets, 1));
    ASSERT_FALSE(refused);
    EXPECT_NE(
        refused.error().message.find("newer version of Partyline (schema 2, this one knows 1)"),
        std::string::npos)
        << refused.error().message;
}

TEST_F(DatabaseTest, ADamagedOneStopsTheStart) {
    fill();
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096 * 3);
        file << std::string(4096, '\x5A');
    }
    const auto refused = open_database(path(), schema);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::io);

    std::ofstream(path(), std::ios::trunc) << "this is no database, but long enough to look at";
    EXPECT_FALSE(open_database(path(), schema));
}

TEST_F(DatabaseTest, ALargeOneIsLookedThroughLater) {
    fill();
    EXPECT_FALSE(is_large(path(), checked_at_start_bytes_max));
    EXPECT_TRUE(is_large(path(), 0));
    EXPECT_FALSE(find_damage(path(), {}, 0).value());
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        const std::string all{std::istreambuf_iterator<char>(file), {}};
        const auto text = all.find("a text of some length");
        file.clear();
        file.seekp(static_cast<std::streamoff>(text / 4096 * 4096));
        file << std::string(4096, '\x5A');
    }
    EXPECT_FALSE(open_database(path(), schema)) << "one of that size is looked through at once";
    EXPECT_TRUE(open_database(path(), schema, 0));
    const auto damage = find_damage(path(), {}, 0).value();
    ASSERT_TRUE(damage);
    EXPECT_TRUE(damage->contains("test.db is damaged")) << *damage;
    std::stop_source stopping;
    stopping.request_stop();
    EXPECT_FALSE(find_damage(path(), stopping.get_token(), 0).value())
        << "nobody wants to know any more";
}

TEST_F(DatabaseTest, APageThatTwoTablesHaveIsFound) {
    {
        auto database = open_database(path(), schema).value();
        database.exec("PRAGMA writable_schema = ON");
        database.exec(
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = "
            "'ban') WHERE name = 'invite'");
    }
    EXPECT_TRUE(find_damage(path(), {}).value()) << "as no table by itself shows it";
}

TEST_F(DatabaseTest, WhatIsNoDatabaseAnyMoreIsDamaged) {
    std::ofstream(path()) << std::string(8192, 'x');
    EXPECT_TRUE(find_damage(path(), {}).value());
}

TEST_F(DatabaseTest, WhatCannotBeLookedAtIsNotTakenForDamaged) {
    const auto unseen = find_damage(path(), {});
    ASSERT_FALSE(unseen) << "it is not there";
    EXPECT_EQ(unseen.error().code, ErrorCode::io);
    EXPECT_TRUE(unseen.error().message.contains("test.db: cannot be read to its end"))
        << unseen.error().message;
}

TEST_F(DatabaseTest, LookingThroughItHoldsUpTheJournalForNoLongerThanATable) {
    auto database = open_database(path(), schema).value();
    int tables = 0;
    const auto look = [&] {
        ++tables;
        database.exec(
            "INSERT INTO meta VALUES ('told', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1");
        EXPECT_EQ(number(database, "PRAGMA wal_checkpoint(TRUNCATE)"), 0)
            << "it begins anew, as nobody looks at what was before";
    };
    EXPECT_FALSE(find_damage(path(), {}, 0, look).value());
    EXPECT_GT(tables, 10);
}

TEST_F(DatabaseTest, AnotherProgramThatHoldsItIsWaitedForSoLong) {
    auto holder = open_database(path(), std::span(&make_pets, 1)).value();
    holder.exec("PRAGMA locking_mode = EXCLUSIVE");
    holder.exec("INSERT INTO pet VALUES ('Tom')");
    const auto began = std::chrono::steady_clock::now();
    const auto refused = open_database(path(), std::span(&make_pets, 1));
    EXPECT_GE(std::chrono::steady_clock::now() - began, busy_wait_max);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::io);
    EXPECT_TRUE(refused.error().message.contains("end the other program that holds it"))
        << refused.error().message;
    holder.exec("PRAGMA locking_mode = NORMAL");
    EXPECT_EQ(number(holder, "SELECT count(*) FROM pet"), 2) << "which lets it go";
    EXPECT_TRUE(open_database(path(), std::span(&make_pets, 1)));
}

TEST_F(DatabaseTest, APrivateFileIsSoFromTheFirst) {
    namespace fs = std::filesystem;
    const auto before = umask(0);
    const auto failure = make_private_file(path());
    umask(before);
    EXPECT_FALSE(failure) << failure.message();
    EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(make_private_file(path()), std::errc::file_exists);
    fs::create_symlink(folder_.path / "elsewhere", copy());
    EXPECT_EQ(make_private_file(copy()), std::errc::file_exists) << "and leads nowhere";
    EXPECT_FALSE(fs::exists(folder_.path / "elsewhere"));
}

TEST_F(DatabaseTest, AFolderThatIsNotThereIsNamed) {
    const auto refused = open_database(folder_.path / "none" / "test.db", schema);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("none/test.db"), std::string::npos);
}

}  // namespace
}  // namespace partyline::store
