#include "server/store/sqlite_store.hpp"

#include <SQLiteCpp/Database.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/room/built_in.hpp"
#include "server/store/limits.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

using test::message;
using test::Waiting;

class SqliteStoreTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "partyline.db"; }
    static std::vector<std::uint64_t> ids(const HistoryPage& page) {
        std::vector<std::uint64_t> ids;
        for (const auto& one : page.messages) {
            ids.push_back(one.id.value);
        }
        return ids;
    }

    static std::string contents(const std::filesystem::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    const test::Folder folder_;
};

TEST_F(SqliteStoreTest, WhatWasAcceptedIsThereAfterARestart) {
    auto written = message(5, "grüße\n🎤", 0xFFFF'FFFF'FFFF'FFFF);
    {
        Waiting waiting(path());
        EXPECT_EQ(waiting.append(written).value(),
                  (room::AcceptedText{.id = MessageId{5}, .unix_ms = written.unix_ms}));
    }
    Waiting waiting(path());
    EXPECT_EQ(waiting.find(5), written);
    EXPECT_FALSE(waiting.find(6));
}

TEST_F(SqliteStoreTest, ARepeatIsTheFirstEvenAfterARestart) {
    {
        Waiting waiting(path());
        ASSERT_TRUE(waiting.append(message(1, "once", 77)));
        EXPECT_EQ(waiting.append(message(2, "once", 77))->id, MessageId{1});
    }
    Waiting waiting(path());
    EXPECT_EQ(waiting.append(message(9, "once", 77))->id, MessageId{1});
    auto of_another = message(10, "another's", 77);
    of_another.author.fill(std::byte{1});
    EXPECT_EQ(waiting.append(of_another)->id, MessageId{10});
    EXPECT_EQ(waiting.append(message(11, "without", 0))->id, MessageId{11});
    EXPECT_EQ(waiting.append(message(12, "without", 0))->id, MessageId{12});
    EXPECT_EQ(waiting.history({.channel = ChannelId{7}}).messages.size(), 4U);
}

TEST_F(SqliteStoreTest, HistoryHasPagesFromTheNewestBack) {
    Waiting waiting(path());
    for (std::uint64_t id = 1; id <= 7; ++id) {
        ASSERT_TRUE(waiting.append(message(id)));
    }
    auto elsewhere = message(8);
    elsewhere.channel = ChannelId{8};
    ASSERT_TRUE(waiting.append(elsewhere));

    HistoryQuery query{.channel = ChannelId{7}, .messages_max = 3};
    auto page = waiting.history(query);
    EXPECT_EQ(ids(page), (std::vector<std::uint64_t>{5, 6, 7}));
    EXPECT_TRUE(page.more);
    query.before = page.messages.front().id;
    EXPECT_EQ(ids(waiting.history(query)), (std::vector<std::uint64_t>{2, 3, 4}));
    query.before = MessageId{2};
    page = waiting.history(query);
    EXPECT_EQ(ids(page), std::vector<std::uint64_t>{1});
    EXPECT_FALSE(page.more);
    query.before = MessageId{4};
    EXPECT_FALSE(waiting.history(query).more) << "just as many as were asked for";
}

TEST_F(SqliteStoreTest, EditsKeepTheirTimeAndTombstonesStay) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.append(message(1, "teh")));
    ASSERT_TRUE(waiting.edit({.id = MessageId{1}, .text = "the", .unix_ms = 50}));
    auto expected = message(1, "the");
    expected.edited_unix_ms = 50;
    EXPECT_EQ(waiting.find(1), expected);
    ASSERT_TRUE(waiting.erase(1, 60));
    EXPECT_FALSE(waiting.edit({.id = MessageId{1}, .text = "back", .unix_ms = 70}));
    EXPECT_FALSE(waiting.erase(1, 70)) << "once";
    expected.text.clear();
    expected.edited_unix_ms = 60;
    expected.deleted = true;
    EXPECT_EQ(waiting.find(1), expected);
    EXPECT_FALSE(waiting.edit({.id = MessageId{99}, .text = "nobody's", .unix_ms = 80}));
    EXPECT_FALSE(waiting.erase(99, 80));
}

TEST_F(SqliteStoreTest, ATextThatIsErasedAndItsLineAreThereTogetherOrNeither) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.append(message(1, "rude")));
    const room::AuditEntry line{.unix_ms = 60, .actor = "Mo", .action = "text_deleted"};
    EXPECT_EQ(waiting.erase_and_log(1, line), true);
    EXPECT_TRUE(waiting.find(1)->deleted);
    EXPECT_EQ(waiting.find(1)->edited_unix_ms, 60);
    ASSERT_EQ(waiting.audit({}).entries.size(), 1U);
    EXPECT_EQ(waiting.audit({}).entries.front().actor, "Mo");
    EXPECT_EQ(waiting.erase_and_log(1, line), false) << "somebody was faster";
    EXPECT_EQ(waiting.erase_and_log(9, line), false);
    EXPECT_EQ(waiting.audit({}).entries.size(), 1U);
    ASSERT_TRUE(waiting.append(message(2, "rude")));
    {
        SQLite::Database other(path().string(), SQLite::OPEN_READWRITE);
        other.exec("CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no'); END");
    }
    EXPECT_FALSE(waiting.erase_and_log(2, line)) << "the log does not take it";
    EXPECT_FALSE(waiting.find(2)->deleted);
}

TEST_F(SqliteStoreTest, RetentionDropsTheOldest) {
    Waiting waiting(path());
    constexpr std::int64_t day_ms = 24 * 3600 * 1000;
    for (std::uint64_t id = 1; id <= 5; ++id) {
        auto one = message(id, "0123456789");
        one.unix_ms = static_cast<std::int64_t>(id) * day_ms;
        ASSERT_TRUE(waiting.append(one));
    }
    const HistoryQuery all{.channel = ChannelId{7}};
    ASSERT_TRUE(waiting.prune({}, 100 * day_ms));
    EXPECT_EQ(waiting.history(all).messages.size(), 5U) << "for good";
    ASSERT_TRUE(waiting.prune({.days = 3}, 5 * day_ms));
    EXPECT_EQ(ids(waiting.history(all)), (std::vector<std::uint64_t>{2, 3, 4, 5}));
    constexpr auto weight = 10 + message_weight_bytes;
    ASSERT_TRUE(waiting.prune({.bytes = 3 * weight - 1}, 5 * day_ms));
    EXPECT_EQ(ids(waiting.history(all)), (std::vector<std::uint64_t>{4, 5}));
    ASSERT_TRUE(waiting.prune({.bytes = 2 * weight}, 5 * day_ms));
    EXPECT_EQ(ids(waiting.history(all)), (std::vector<std::uint64_t>{4, 5}));
    ASSERT_TRUE(waiting.erase(4, 1));
    ASSERT_TRUE(waiting.prune({.bytes = weight + message_weight_bytes - 1}, 5 * day_ms));
    EXPECT_EQ(ids(waiting.history(all)), std::vector<std::uint64_t>{5}) << "tombstones weigh, too";
    ASSERT_TRUE(waiting.prune({.keep = false}, 5 * day_ms));
    EXPECT_TRUE(waiting.history(all).messages.empty());
}

TEST_F(SqliteStoreTest, AReadRightAfterAWriteSeesIt) {
    Waiting waiting(path());
    for (std::uint64_t id = 1; id <= 50; ++id) {
        waiting.store->append(message(id), [](const auto&) {});
        std::optional<std::uint64_t> last;
        waiting.store->history({.channel = ChannelId{7}, .messages_max = 1},
                               [&last](const Result<HistoryPage>& page) {
                                   last = page.value().messages.back().id.value;
                               });
        while (!last) {
            waiting.executor.run_one();
        }
        ASSERT_EQ(last, id);
    }
}

TEST_F(SqliteStoreTest, ItsFilesAreItsOwnersAlone) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.append(message(1)));
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        const auto mode = std::filesystem::status(path().string() + suffix).permissions();
        EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
            << suffix;
    }
}

TEST_F(SqliteStoreTest, NoIdIsUsedTwice) {
    std::uint64_t last = 0;
    {
        Waiting waiting(path());
        EXPECT_EQ(waiting.store->last_id(), MessageId{});
        ASSERT_TRUE(waiting.append(message(1)));
        // These are not stored, and there are more than were set aside at the start.
        for (last = 2; last < 3 * ids_reserved; ++last) {
            if (!waiting.store->note_id(MessageId{last})) {
                waiting.find(1);  // by then the disk has kept up
                ASSERT_TRUE(waiting.store->note_id(MessageId{last}));
            }
        }
    }
    Waiting waiting(path());
    EXPECT_GE(waiting.store->last_id().value, last);
}

TEST_F(SqliteStoreTest, ARoomKeepsItsIdWhateverStandsAroundIt) {
    const auto named = [](std::uint32_t id, std::uint32_t parent, std::string name) {
        return room::Channel{
            .id = ChannelId{id}, .parent = ChannelId{parent}, .name = std::move(name)};
    };
    const auto find = [](const std::vector<room::Channel>& rooms, const std::string& name) {
        return *std::ranges::find(rooms, name, &room::Channel::name);
    };
    std::vector<room::Channel> before;
    {
        Waiting waiting(path());
        before = waiting.store
                     ->settle({named(1, 0, "Lobby"), named(2, 0, "Games"), named(3, 2, "Chess")})
                     .value();
        EXPECT_EQ(find(before, "Chess").parent, find(before, "Games").id);
    }
    Waiting waiting(path());
    const auto after = waiting.store
                           ->settle({named(1, 0, "News"), named(2, 0, "GAMES"), named(3, 2, "Go"),
                                     named(4, 2, "Chess"), named(5, 0, "Shogi")})
                           .value();
    EXPECT_EQ(find(after, "GAMES").id, find(before, "Games").id) << "another spelling";
    EXPECT_EQ(find(after, "Chess").id, find(before, "Chess").id) << "another place in the file";
    std::set<ChannelId> ids{find(before, "Lobby").id};
    for (const auto& channel : after) {
        EXPECT_TRUE(ids.insert(channel.id).second) << channel.name << " has the id of another";
    }
}

TEST_F(SqliteStoreTest, AnswersComeInTheOrderOfTheCalls) {
    Waiting waiting(path());
    std::vector<std::uint64_t> answered;
    constexpr std::uint64_t count = 3 * group_commit_max + 1;
    for (std::uint64_t id = 1; id <= count; ++id) {
        waiting.store->append(message(id), [&answered](const Result<room::AcceptedText>& taken) {
            answered.push_back(taken.value().id.value);
        });
    }
    while (answered.size() < count) {
        waiting.executor.run_one();
    }
    EXPECT_TRUE(std::ranges::is_sorted(answered));
}

TEST_F(SqliteStoreTest, WhatWasSubmittedIsKeptWhenTheStoreEnds) {
    {
        Waiting waiting(path());
        for (std::uint64_t id = 1; id <= 100; ++id) {
            waiting.store->append(message(id), [](const auto&) {});
        }
    }
    EXPECT_TRUE(Waiting(path()).find(100));
}

/// No file of this process grows beyond so many bytes while it lives: a disk that is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

TEST_F(SqliteStoreTest, AnIdThatTheDiskDoesNotSetAsideIsRefused) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.append(message(1)));
    const auto above = MessageId{2 * ids_reserved};
    {
        const FullDisk full(std::filesystem::file_size(path().string() + "-wal"));
        for (int i = 0; i < 2; ++i) {
            const auto refused = waiting.store->note_id(above);
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, ErrorCode::store_failed);
            waiting.find(1);  // by then it has failed
        }
        EXPECT_TRUE(waiting.store->note_id(MessageId{ids_reserved / 2})) << "set aside before";
    }
    std::ignore = waiting.store->note_id(above);
    waiting.find(1);
    EXPECT_TRUE(waiting.store->note_id(above)) << "however many are to be set aside at once";
    EXPECT_TRUE(waiting.store->note_id(MessageId{above.value + ids_reserved}));
}

/// As a server leaves it that was killed: with its journal beside it.
std::filesystem::path crash(const std::filesystem::path& database) {
    const auto folder = database.parent_path() / "crashed";
    std::filesystem::create_directory(folder);
    for (const auto* ending : {"", "-wal", "-shm"}) {
        const auto file = database.filename().string() + ending;
        std::filesystem::copy_file(database.parent_path() / file, folder / file);
    }
    return folder / database.filename();
}

TEST_F(SqliteStoreTest, AfterACrashItStartsOnAFullDiskAndKeepsNothing) {
    const std::vector<room::Channel> of_file{{.id = ChannelId{1}, .name = "Lobby"}};
    std::filesystem::path crashed;
    {
        Waiting waiting(path());
        ASSERT_TRUE(waiting.store->settle(of_file));
        ASSERT_TRUE(waiting.append(message(1)));
        crashed = crash(path());
    }
    const auto full_at = std::filesystem::file_size(crashed.string() + "-wal");
    std::optional<FullDisk> full(full_at);
    Waiting waiting(crashed);
    EXPECT_TRUE(waiting.store->figures().refusing) << "as whoever watches it sees";
    EXPECT_EQ(waiting.store->last_id(), MessageId{ids_reserved});
    auto more = of_file;
    more.push_back({.id = ChannelId{2}, .name = "Attic"});
    EXPECT_EQ(waiting.store->settle(more), of_file) << "as it was before";
    EXPECT_EQ(waiting.records().channels.size(), 1U);
    EXPECT_EQ(waiting.records().roles, room::built_in_roles());
    EXPECT_TRUE(waiting.find(1));
    const MessageId next{ids_reserved + 1};
    EXPECT_EQ(waiting.store->note_id(next).error().code, ErrorCode::store_failed)
        << "it might be given once more after a restart";
    EXPECT_EQ(waiting.append(message(next.value)).error().code, ErrorCode::store_failed);
    EXPECT_EQ(waiting.apply({room::AuditEntry{.action = "kick"}}).error().code,
              ErrorCode::store_failed);

    full.reset();
    EXPECT_TRUE(waiting.append(message(next.value)));
    EXPECT_TRUE(waiting.find(next.value));
    EXPECT_TRUE(waiting.store->note_id(MessageId{next.value + 1}));
    EXPECT_FALSE(waiting.store->figures().refusing);
}

TEST_F(SqliteStoreTest, ANewDatabaseOnAFullDiskIsRefusedInWords) {
    test::Executor executor;
    const FullDisk full(1);
    const auto store = open_sqlite_store(path(), executor.poster());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::io);
    EXPECT_NE(store.error().message.find("disk"), std::string::npos) << store.error().message;
}

/// What is deleted is nowhere in the file any more, once its pages have been written back.
TEST_F(SqliteStoreTest, WhatIsDeletedIsOverwritten) {
    const std::string secret = "a secret that nobody else is to read";
    {
        Waiting waiting(path());
        ASSERT_TRUE(waiting.append(message(1, secret)));
    }
    EXPECT_TRUE(contents(path()).contains(secret));
    {
        Waiting waiting(path());
        EXPECT_TRUE(waiting.erase(1, 5));
    }
    EXPECT_FALSE(contents(path()).contains(secret));
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal")) << "and there is no other";
}

TEST_F(SqliteStoreTest, AFullDiskRefusesInWordsAndKeepsNothingHalf) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.append(message(1)));
    {
        const FullDisk full(std::filesystem::file_size(path().string() + "-wal"));
        for (std::uint64_t id = 2; id <= 3; ++id) {
            const auto refused = waiting.append(message(id, std::string(4000, 'x')));
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, ErrorCode::store_failed);
            EXPECT_NE(refused.error().message.find("full"), std::string::npos)
                << refused.error().message;
        }
        EXPECT_TRUE(waiting.find(1)) << "what is there can still be read";
        EXPECT_TRUE(waiting.store->figures().refusing);
        EXPECT_FALSE(waiting.erase(99, 0)) << "no such text: nothing is written";
        EXPECT_TRUE(waiting.store->figures().refusing) << "the disk was not asked";
    }
    EXPECT_FALSE(waiting.find(2));
    EXPECT_TRUE(waiting.append(message(4, std::string(4000, 'x')))) << "there is room again";
    EXPECT_FALSE(waiting.store->figures().refusing);
    EXPECT_TRUE(waiting.find(4));
}

TEST_F(SqliteStoreTest, ALargeDatabaseThatIsDamagedIsFoundWhileItIsUsed) {
    constexpr std::uint64_t texts = 500;
    const std::string damaged = "this text is in the middle of them";
    {
        Waiting waiting(path());
        for (std::uint64_t id = 1; id <= texts; ++id) {
            waiting.store->append(message(id, id == texts / 2 ? damaged : "a text like others"),
                                  [](const auto&) {});
        }
    }
    test::Executor executor;
    {
        const auto store = open_sqlite_store(path(), executor.poster(), 0).value();
        EXPECT_FALSE(store->figures().damaged);
    }
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(contents(path()).find(damaged) / 4096 * 4096));
        file << std::string(4096, '\x5A');
    }
    EXPECT_FALSE(open_sqlite_store(path(), executor.poster()));
    test::Executor after;
    const auto store = open_sqlite_store(path(), after.poster(), 0).value();
    while (!store->figures().damaged) {
    }
    std::optional<bool> kept;
    store->append(message(texts + 1), [&](const auto& taken) { kept = taken.has_value(); });
    while (!kept) {
        after.run_one();
    }
    EXPECT_EQ(kept, true) << "what is whole of it is used";
}

}  // namespace
}  // namespace partyline::store
