// A restore that is broken off between any two of its steps: then it is done again, or has been done.
#include "server/restoring.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "platform/folder_lock.hpp"
#include "platform/scratch_folder.hpp"
#include "platform/secret_file.hpp"
#include "server/data_folder.hpp"
#include "server/keeping.hpp"
#include "server/store/sqlite_store.hpp"

namespace partyline::server {
namespace {

namespace fs = std::filesystem;

constexpr uid_t somebody_else = 54'321;

class Restoring : public testing::Test {
protected:
    /// A data folder whose server is known by `word`, and remembers it.
    [[nodiscard]] config::Config make(const std::string& name, const std::string& word) const {
        auto config = config::embedded_defaults();
        config.data_folder = scratch_.path() / name;
        fs::create_directory(config.data_folder);
        EXPECT_TRUE(
            platform::create_secret_file(config.data_folder / identity_file, as_bytes(word)));
        remember(config.data_folder / database_file, word);
        return config;
    }
    static void remember(const fs::path& database, const std::string& word) {
        EXPECT_TRUE(open(database)->apply_and_wait({room::KnowAwayRoom{word}}));
    }
    static std::string remembered(const fs::path& database) {
        return open(database)->records().value().known_away_room;
    }
    /// As the file has it, word by word.
    static std::string text_of(const fs::path& at) {
        std::ifstream file(at);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// A backup of the server that is known by "then".
    [[nodiscard]] fs::path backup() const {
        const auto at = scratch_.path() / "backup";
        const auto done = back_up(make("then", "then"), at);
        EXPECT_TRUE(done) << done.error().message;
        return at;
    }
    static void expect_restored(const fs::path& folder, const std::string& before = "now") {
        EXPECT_EQ(text_of(folder / identity_file), "then");
        EXPECT_EQ(remembered(folder / database_file), "then");
        EXPECT_EQ(text_of(folder / "identity.before-restore"), before);
        EXPECT_EQ(remembered(folder / "partyline.db.before-restore"), before);
        for (const auto& entry : fs::directory_iterator(folder)) {
            EXPECT_FALSE(entry.path().string().ends_with(".restoring")) << entry.path();
            EXPECT_FALSE(entry.path().string().ends_with(".draft")) << entry.path();
        }
        EXPECT_FALSE(fs::exists(folder / restore_under_way_file));
        EXPECT_FALSE(fs::exists(folder / staged_backup_file));
    }
    static void expect_untouched(const fs::path& folder) {
        EXPECT_EQ(text_of(folder / identity_file), "now");
        EXPECT_EQ(remembered(folder / database_file), "now");
        EXPECT_FALSE(fs::exists(folder / "identity.before-restore"));
        EXPECT_FALSE(fs::exists(folder / "partyline.db.before-restore"));
    }
    static void give_away(const fs::path& at) {
        EXPECT_EQ(chown(at.c_str(), somebody_else, somebody_else), 0);
    }
    static uid_t owner_of(const fs::path& at) {
        struct stat facts{};
        EXPECT_EQ(stat(at.c_str(), &facts), 0);
        return facts.st_uid;
    }
    /// Renames so many times, and then the machine has stopped.
    static Rename stopping_after(int renames) {
        return [left = renames](const fs::path& from, const fs::path& to) mutable -> Result<void> {
            if (left == 0) {
                return fail(ErrorCode::io, "the machine has stopped");
            }
            --left;
            return rename_for_good(from, to);
        };
    }
    void stage(const config::Config& config, const fs::path& from) const {
        const auto staged = restore_at_next_start(config, from);
        ASSERT_TRUE(staged) << staged.error().message;
        EXPECT_TRUE(staged->contains("restore --cancel")) << *staged;
    }

    const platform::ScratchFolder scratch_;

private:
    static std::unique_ptr<store::Store> open(const fs::path& database) {
        return store::open_sqlite_store(database, [](auto) {}).value();
    }
};

TEST_F(Restoring, WhatWasStagedIsThereAtTheNextStart) {
    const auto config = make("now", "now");
    {
        const auto running = platform::FolderLock::take(config.data_folder);
        ASSERT_TRUE(running);
        stage(config, backup());
    }
    expect_untouched(config.data_folder);
    ASSERT_TRUE(restore_at_start(config.data_folder));
    expect_restored(config.data_folder);
    ASSERT_TRUE(restore_at_start(config.data_folder)) << "and once is enough";
    expect_restored(config.data_folder);
}

TEST_F(Restoring, ItMayStopBetweenAnyTwoSteps) {
    const auto from = backup();
    int stopped = 0;
    for (bool done = false; !done; ++stopped) {
        SCOPED_TRACE(stopped);
        ASSERT_LT(stopped, 10);
        const auto config = make("now" + std::to_string(stopped), "now");
        const auto& folder = config.data_folder;
        stage(config, from);
        done = restore_at_start(folder, stopping_after(stopped)).has_value();
        if (stopped == 0) {
            expect_untouched(folder);
        }
        // However often that happens again.
        if (!done) {
            EXPECT_FALSE(restore_at_start(folder, stopping_after(0)));
            ASSERT_TRUE(restore_at_start(folder));
        }
        expect_restored(folder);
    }
    // It is decided; and each of two files goes aside, and another comes in its place.
    EXPECT_EQ(stopped, 1 + 4 + 1);
}

TEST_F(Restoring, WhatWasAskedForWithoutAServerIsFinishedByItsStart) {
    const auto from = backup();
    for (int renames = 0; renames < 4; ++renames) {
        SCOPED_TRACE(renames);
        const auto config = make("now" + std::to_string(renames), "now");
        const auto& folder = config.data_folder;
        ASSERT_FALSE(put_back(folder, from, stopping_after(renames)));
        EXPECT_FALSE(back_up(config, scratch_.path() / "half")) << "of two servers";
        ASSERT_TRUE(restore_at_start(folder));
        expect_restored(folder);
    }
}

TEST_F(Restoring, WhatWasBrokenOffIsFinishedBeforeAnythingElseIsRestored) {
    const auto from = backup();
    const auto config = make("now", "now");
    ASSERT_FALSE(put_back(config.data_folder, from, stopping_after(1)));
    const auto refused = restore(config, from);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("had been broken off, and is done now"))
        << refused.error().message;
    expect_restored(config.data_folder);
    EXPECT_TRUE(restore(config, from));
    expect_restored(config.data_folder, "then");
}

TEST_F(Restoring, AStagedFileThatIsDamagedStopsTheStart) {
    const auto config = make("now", "now");
    const auto staged = config.data_folder / staged_backup_file;
    stage(config, backup());
    std::ofstream(staged) << std::string(5000, 'x');
    const auto refused = restore_at_start(config.data_folder);
    ASSERT_FALSE(refused);
    for (const auto* words : {staged.c_str(), "nothing has changed", "restore --cancel"}) {
        EXPECT_TRUE(refused.error().message.contains(words)) << refused.error().message;
    }
    expect_untouched(config.data_folder);
    ASSERT_TRUE(cancel_restore(config));
    ASSERT_TRUE(restore_at_start(config.data_folder));
    expect_untouched(config.data_folder);
}

TEST_F(Restoring, TheLastOneStagedIsRestored) {
    const auto config = make("now", "now");
    const auto other = scratch_.path() / "other";
    ASSERT_TRUE(back_up(make("else", "else"), other));
    stage(config, other);
    stage(config, backup());
    const auto refused = restore(config, other);
    ASSERT_FALSE(refused) << "it would be restored over at the next start";
    EXPECT_TRUE(refused.error().message.contains("take that back first"))
        << refused.error().message;
    ASSERT_TRUE(restore_at_start(config.data_folder));
    expect_restored(config.data_folder);
    const auto nothing = cancel_restore(config);
    ASSERT_FALSE(nothing);
    EXPECT_TRUE(nothing.error().message.contains("nothing was to be restored"))
        << nothing.error().message;
}

/// However short the time between the last look and that.
TEST_F(Restoring, WhatIsStagedWhileAnotherIsDecidedComesWithTheNextStart) {
    const auto from = backup();
    const auto other = scratch_.path() / "other";
    ASSERT_TRUE(back_up(make("else", "else"), other));
    const auto config = make("now", "now");
    const auto& folder = config.data_folder;
    const auto staged = folder / staged_backup_file;
    stage(config, other);
    const auto written = fs::last_write_time(staged);
    bool decided = false;
    const auto refused = restore_at_start(folder, [&](const fs::path& at, const fs::path& to) {
        if (!std::exchange(decided, true)) {
            stage(config, from);
            fs::last_write_time(staged, written);
        }
        return rename_for_good(at, to);
    });
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("was replaced by another"))
        << refused.error().message;
    expect_untouched(folder);
    ASSERT_TRUE(restore_at_start(folder));
    expect_restored(folder);
}

TEST_F(Restoring, WhatIsHalfDoneIsNotTakenBack) {
    const auto from = backup();
    const auto config = make("now", "now");
    stage(config, from);
    ASSERT_FALSE(restore_at_start(config.data_folder, stopping_after(2)));
    const auto refused = cancel_restore(config);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("broken off")) << refused.error().message;
    stage(config, from);
    const auto cancelled = cancel_restore(config);
    ASSERT_TRUE(cancelled) << cancelled.error().message;
    EXPECT_TRUE(cancelled->contains("broken off")) << *cancelled;
    ASSERT_TRUE(restore_at_start(config.data_folder));
    expect_restored(config.data_folder);
}

/// By the machine's stopping, and the restore was taken back then.
TEST_F(Restoring, WhatWasLeftBeforeItWasDecidedGoesWithTheNextStart) {
    const auto config = make("now", "now");
    const auto& folder = config.data_folder;
    for (const auto* left :
         {"identity.restoring", "partyline.db.restoring", "partyline.db.restoring.part"}) {
        std::ofstream(folder / left) << "of another server";
    }
    ASSERT_TRUE(restore_at_start(folder));
    for (const auto& entry : fs::directory_iterator(folder)) {
        EXPECT_FALSE(entry.path().string().contains(".restoring")) << entry.path();
    }
    expect_untouched(folder);
}

TEST_F(Restoring, NothingIsStagedThatTheServerCouldNotRead) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    const auto from = backup();
    const auto config = make("now", "now");
    give_away(config.data_folder / database_file);
    const auto refused = restore_at_next_start(config, from);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("sudo -u '#54321'")) << refused.error().message;
    EXPECT_FALSE(fs::exists(config.data_folder / staged_backup_file));
}

TEST_F(Restoring, WhatRootPutsBackIsWhoseItWasBefore) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    const auto from = backup();
    const auto config = make("now", "now");
    const auto& folder = config.data_folder;
    for (const auto& at : {folder, folder / identity_file, folder / database_file}) {
        give_away(at);
    }
    const auto done = restore(config, from);
    ASSERT_TRUE(done) << done.error().message;
    for (const auto* name : {identity_file, database_file, "lock"}) {
        EXPECT_EQ(owner_of(folder / name), somebody_else) << name;
    }
    expect_restored(folder);
}

TEST_F(Restoring, WhatRootPutsIntoAnEmptyFolderIsWhoseThatIs) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    const auto from = backup();
    auto config = config::embedded_defaults();
    config.data_folder = scratch_.path() / "new";
    const auto& folder = config.data_folder;
    fs::create_directory(folder);
    give_away(folder);
    ASSERT_TRUE(restore(config, from));
    for (const auto* name : {identity_file, database_file, "lock"}) {
        EXPECT_EQ(owner_of(folder / name), somebody_else) << name;
    }
    EXPECT_EQ(remembered(folder / database_file), "then");
}

TEST_F(Restoring, WhatIsNoBackupIsNotStaged) {
    const auto config = make("now", "now");
    const auto garbage = scratch_.path() / "garbage";
    std::ofstream(garbage) << std::string(5000, 'x');
    for (const auto& file :
         {garbage, scratch_.path() / "absent", config.data_folder / database_file}) {
        const auto refused = restore_at_next_start(config, file);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().message.contains(file.string())) << refused.error().message;
        EXPECT_FALSE(fs::exists(config.data_folder / staged_backup_file));
    }
}

TEST_F(Restoring, WhatAnEarlierRestoreKeptStaysUntilTheNextIsDecided) {
    const auto from = backup();
    const auto config = make("now", "now");
    const auto& folder = config.data_folder;
    const auto journal = folder / "partyline.db.before-restore-wal";
    ASSERT_TRUE(put_back(folder, from));
    std::ofstream(journal) << "of what was before";
    stage(config, from);
    ASSERT_FALSE(restore_at_start(folder, stopping_after(0)));
    EXPECT_EQ(text_of(journal), "of what was before");
    ASSERT_TRUE(restore_at_start(folder));
    EXPECT_FALSE(fs::exists(journal));
    expect_restored(folder, "then");
}

TEST_F(Restoring, AnOlderJournalMeetsNoOtherDatabase) {
    const auto config = make("now", "now");
    const auto& folder = config.data_folder;
    std::ofstream(folder / "partyline.db.before-restore-wal") << "of another";
    ASSERT_TRUE(put_back(folder, backup()));
    EXPECT_FALSE(fs::exists(folder / "partyline.db.before-restore-wal"));
    expect_restored(folder);
}

}  // namespace
}  // namespace partyline::server
