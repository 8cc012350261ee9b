#include "server/store/backup.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "server/store/database.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
protected:
    [[nodiscard]] fs::path path(const std::string& name) const { return folder_.path / name; }
    static std::vector<std::string> texts(test::Waiting& waiting) {
        std::vector<std::string> texts;
        for (const auto& message : waiting.history({.channel = ChannelId{7}}).messages) {
            texts.push_back(message.text);
        }
        return texts;
    }
    static void say(test::Waiting& waiting, std::uint64_t id, std::string text) {
        EXPECT_TRUE(waiting.append(test::message(id, std::move(text))));
    }
    [[nodiscard]] bool has_drafts() const {
        return std::ranges::any_of(fs::directory_iterator(folder_.path), [](const auto& entry) {
            return entry.path().extension() == ".part";
        });
    }

    const test::Folder folder_;
    const std::vector<KeptFile> files_{{.name = "identity", .bytes = Bytes(32, std::byte{7})},
                                       {.name = "empty", .bytes = {}}};
};

TEST_F(BackupTest, HoldsOneMomentOfAStoreInUse) {
    test::Waiting waiting(path("a.db"));
    say(waiting, 1, "before");
    const auto written = write_backup(path("a.db"), files_, path("backup"));
    ASSERT_TRUE(written) << written.error().message;
    say(waiting, 2, "after");
    EXPECT_EQ(fs::status(path("backup")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(read_backup(path("backup")).value(), files_);
    ASSERT_TRUE(extract_database(path("backup"), path("b.db")));
    test::Waiting restored(path("b.db"));
    EXPECT_EQ(texts(restored), (std::vector<std::string>{"before"}));
    EXPECT_EQ(texts(waiting), (std::vector<std::string>{"before", "after"}));
    auto looked_at = open_reader(path("b.db")).value();
    EXPECT_FALSE(looked_at.tableExists("backup_file"));
}

TEST_F(BackupTest, ACopyIsABackup) {
    {
        test::Waiting waiting(path("a.db"));
        say(waiting, 1, "kept");
    }
    ASSERT_TRUE(write_backup(path("a.db"), files_, path("backup")));
    ASSERT_TRUE(copy_backup(path("backup"), path("copy")));
    EXPECT_EQ(fs::status(path("copy")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    fs::remove(path("backup"));
    EXPECT_EQ(read_backup(path("copy")).value(), files_);
    ASSERT_TRUE(extract_database(path("copy"), path("b.db")));
    test::Waiting restored(path("b.db"));
    EXPECT_EQ(texts(restored), (std::vector<std::string>{"kept"}));
    EXPECT_FALSE(copy_backup(path("absent"), path("none")));
    EXPECT_FALSE(copy_backup(path("copy"), path("b.db"))) << "it replaces nothing";
    EXPECT_FALSE(has_drafts());
}

TEST_F(BackupTest, ReplacesNothingAndLeavesNothingBehind) {
    {
        const test::Waiting waiting(path("a.db"));
    }
    std::ofstream(path("taken")) << "mine";
    EXPECT_FALSE(write_backup(path("a.db"), files_, path("taken")));
    EXPECT_FALSE(write_backup(path("absent.db"), files_, path("new")));
    EXPECT_FALSE(write_backup(path("a.db"), files_, path("no/such/folder")));
    ASSERT_TRUE(write_backup(path("a.db"), files_, path("backup")));
    EXPECT_FALSE(extract_database(path("backup"), path("taken")));
    EXPECT_FALSE(has_drafts());
    EXPECT_EQ(fs::file_size(path("taken")), 4U);
}

TEST_F(BackupTest, ADiskWithoutLinksGivesNamesByRenaming) {
    const auto no_links = [](const fs::path&, const fs::path&) {
        return std::make_error_code(std::errc::operation_not_permitted);
    };
    std::ofstream(path("draft")) << "whole";
    std::ofstream(path("taken")) << "mine";
    EXPECT_EQ(publish(path("draft"), path("taken"), no_links), std::errc::file_exists);
    EXPECT_EQ(fs::file_size(path("taken")), 4U) << "nothing is replaced";
    EXPECT_FALSE(publish(path("draft"), path("new"), no_links));
    EXPECT_FALSE(fs::exists(path("draft")));
    EXPECT_EQ(fs::file_size(path("new")), 5U);
    EXPECT_EQ(publish(path("new"), path("taken")), std::errc::file_exists);
    EXPECT_FALSE(publish(path("new"), path("linked")));
    EXPECT_TRUE(fs::exists(path("new"))) << "by a link where there are links";
    const auto broken = [](const fs::path&, const fs::path&) {
        return std::make_error_code(std::errc::io_error);
    };
    EXPECT_EQ(publish(path("new"), path("newer"), broken), std::errc::io_error);
    EXPECT_FALSE(fs::exists(path("newer")));
}

TEST_F(BackupTest, WhatIsNoBackupIsRefused) {
    {
        const test::Waiting waiting(path("a.db"));
    }
    EXPECT_TRUE(read_backup(path("a.db")).error().message.contains("is no backup"));
    EXPECT_FALSE(read_backup(path("absent")));
    EXPECT_FALSE(fs::exists(path("absent")));
    std::ofstream(path("garbage")) << std::string(5000, 'x');
    EXPECT_FALSE(read_backup(path("garbage")));
    ASSERT_TRUE(write_backup(path("a.db"), files_, path("backup")));
    SQLite::Database(path("backup").string(), SQLite::OPEN_READWRITE)
        .exec("PRAGMA user_version = 1000");
    const auto newer = read_backup(path("backup"));
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::config);
    EXPECT_TRUE(newer.error().message.contains("newer version")) << newer.error().message;
}

TEST_F(BackupTest, ADamagedDatabaseIsFound) {
    {
        test::Waiting waiting(path("a.db"));
        for (std::uint64_t id = 1; id < 200; ++id) {
            say(waiting, id, std::string(500, 'x'));
        }
    }
    EXPECT_TRUE(check_database(path("a.db")));
    {
        std::fstream file(path("a.db"), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(8192);
        file << std::string(20'000, '\xFF');
    }
    const auto checked = check_database(path("a.db"));
    ASSERT_FALSE(checked);
    EXPECT_TRUE(checked.error().message.contains("put a backup in its place"))
        << checked.error().message;
    const auto absent = check_database(path("absent"));
    ASSERT_FALSE(absent);
    EXPECT_FALSE(absent.error().message.contains("damaged")) << absent.error().message;
}

TEST_F(BackupTest, FoldingLeavesOneFile) {
    {
        test::Waiting waiting(path("a.db"));
        say(waiting, 1, "kept");
        fs::copy_file(path("a.db"), path("b.db"));
        fs::copy_file(path("a.db-wal"), path("b.db-wal"));  // as a crash leaves it
    }
    fold_journal(path("b.db"));
    EXPECT_FALSE(fs::exists(path("b.db-wal")));
    test::Waiting folded(path("b.db"));
    EXPECT_EQ(texts(folded), (std::vector<std::string>{"kept"}));
    std::ofstream(path("garbage")) << std::string(5000, 'x');
    fold_journal(path("garbage"));
    EXPECT_EQ(fs::file_size(path("garbage")), 5000U);
}

}  // namespace
}  // namespace partyline::store
