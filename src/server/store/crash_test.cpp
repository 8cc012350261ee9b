// A writer that is killed without warning, again and again: nothing that it was told is kept is lost.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "server/store/database.hpp"
#include "server/store/schema.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

constexpr std::uint64_t texts_waiting = 64;

/// Writes for ever; tells the id of each text on `told` when it is accepted.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, int told) {
    test::Executor executor;
    auto store = open_sqlite_store(path, executor.poster()).value();
    auto next = store->last_id().value;
    const auto write_one = [&] {
        ++next;
        store->append(test::message(next, std::string(next % 3000, 'x'), next),
                      [told](const Result<room::AcceptedText>& taken) {
                          const auto id = taken.value().id.value;
                          if (write(told, &id, sizeof id) != sizeof id) {
                              _exit(1);
                          }
                      });
        if (next % 7 == 0) {
            store->erase(MessageId{next - 5}, 1, [](const Result<void>&) {});
        }
    };
    for (std::uint64_t i = 0; i < texts_waiting; ++i) {
        write_one();
    }
    for (;;) {
        executor.run_one();
        write_one();
    }
}

/// Lets it accept so many texts, then kills it; gives the ids of all that it told of.
std::set<std::uint64_t> kill_after(const std::filesystem::path& path, int texts) {
    int ends[2] = {};
    EXPECT_EQ(pipe(ends), 0);
    const auto child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(path, ends[1]);
    }
    close(ends[1]);
    std::set<std::uint64_t> accepted;
    for (std::uint64_t id = 0; read(ends[0], &id, sizeof id) == sizeof id;) {
        accepted.insert(id);
        if (std::cmp_equal(accepted.size(), texts)) {
            kill(child, SIGKILL);
        }
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    return accepted;
}

TEST(Crash, NothingThatWasAcceptedIsLost) {
    const test::Folder folder;
    const auto path = folder.path / "partyline.db";
    const int kills = std::getenv("PARTYLINE_FULL") != nullptr ? 200 : 20;
    std::set<std::uint64_t> accepted;
    std::uint64_t last = 0;
    for (int i = 0; i < kills; ++i) {
        const auto more = kill_after(path, 1 + (i * 37) % 190);
        ASSERT_FALSE(more.empty());
        EXPECT_GT(*more.begin(), last) << "an id was used twice";
        last = *more.rbegin();
        accepted.insert(more.begin(), more.end());

        auto database = open_database(path, schema);
        ASSERT_TRUE(database) << database.error().message;
        ASSERT_EQ(database->execAndGet("PRAGMA integrity_check").getString(), "ok");
    }
    test::Waiting waiting(path);
    for (const auto id : accepted) {
        ASSERT_TRUE(waiting.find(id)) << id;
    }
}

}  // namespace
}  // namespace partyline::store
