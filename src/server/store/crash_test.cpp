// A writer that is killed without warning, again and again: nothing that it was told is kept is lost.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "server/store/database.hpp"
#include "server/store/schema.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

constexpr std::uint64_t texts_waiting = 64;
constexpr RoleId counting_role{50};

/// What the writer tells of when it is accepted.
struct Told {
    enum class Kind : std::uint64_t { text, ban } kind;  // a text: in a room, or a direct one
    std::uint64_t id = 0;
};

/// Writes for ever; tells on `told` of each text and each ban that is accepted.
class Scribe {
public:
    Scribe(const std::filesystem::path& path, int told)
        : told_(told),
          store_(open_sqlite_store(path, executor_.poster()).value()),
          next_(store_->last_id().value),
          next_ban_(store_->records().value().last_ban.value) {}

    [[noreturn]] void write_until_killed() {
        for (std::uint64_t i = 0; i < texts_waiting; ++i) {
            write_one();
        }
        for (;;) {
            executor_.run_one();
            write_one();
        }
    }

private:
    void write_one() {
        ++next_;
        auto message = test::message(next_, std::string(next_ % 3000, 'x'), next_);
        if (next_ % 3 == 0) {
            message.channel = {};
            message.direct = room::Direct{.from = room::Person::of(message.author),
                                          .to = room::Person::of(AccountId{next_ % 10 + 1}),
                                          .to_name = {}};
            message.mentions = {message.direct->to};
        }
        store_->append(std::move(message), [this](const Result<room::AcceptedText>& taken) {
            tell({.kind = Told::Kind::text, .id = taken.value().id.value});
        });
        if (next_ % 7 == 0) {
            store_->erase(MessageId{next_ - 5}, 1, [](const Result<bool>&) {});
        }
        if (next_ % 5 == 0) {
            ban_one();
        }
    }
    /// With the role that says how many there are: both, or none.
    void ban_one() {
        const auto id = ++next_ban_;
        store_->apply({room::Role{.id = counting_role, .name = std::to_string(id), .grants = {}},
                       room::Ban{.id = BanId{id}, .name = "Eve", .reason = {}, .by = {}}},
                      [this, id](const Result<void>& kept) {
                          if (kept) {
                              tell({.kind = Told::Kind::ban, .id = id});
                          }
                      });
    }
    void tell(Told one) const {
        if (write(told_, &one, sizeof one) != sizeof one) {
            _exit(1);
        }
    }

    int told_;
    test::Executor executor_;
    std::unique_ptr<Store> store_;
    std::uint64_t next_;
    std::uint64_t next_ban_;
};

struct Accepted {
    std::set<std::uint64_t> texts;
    std::set<std::uint64_t> bans;
};

/// Lets it accept so many texts, then kills it; gives what it told of.
Accepted kill_after(const std::filesystem::path& path, int texts) {
    int ends[2] = {};
    EXPECT_EQ(pipe(ends), 0);
    const auto child = fork();
    if (child == 0) {
        close(ends[0]);
        Scribe(path, ends[1]).write_until_killed();
    }
    close(ends[1]);
    Accepted accepted;
    for (Told told{}; read(ends[0], &told, sizeof told) == sizeof told;) {
        (told.kind == Told::Kind::text ? accepted.texts : accepted.bans).insert(told.id);
        if (std::cmp_equal(accepted.texts.size(), texts)) {
            kill(child, SIGKILL);
        }
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    return accepted;
}

/// All that were accepted are there, and what was written together is there together.
void check_bans(const room::Records& records, const std::set<std::uint64_t>& accepted) {
    std::set<std::uint64_t> there;
    for (const auto& ban : records.bans) {
        there.insert(ban.id.value);
    }
    ASSERT_TRUE(std::ranges::includes(there, accepted));
    if (!there.empty()) {
        const auto& role = records.roles.back();
        ASSERT_EQ(role.id, counting_role);
        ASSERT_EQ(role.name, std::to_string(*there.rbegin()));
        ASSERT_EQ(there.size(), *there.rbegin()) << "and none is missing in between";
    }
}

TEST(Crash, NothingThatWasAcceptedIsLost) {
    const test::Folder folder;
    const auto path = folder.path / "partyline.db";
    const int kills = std::getenv("PARTYLINE_FULL") != nullptr ? 200 : 20;
    Accepted accepted;
    std::uint64_t last = 0;
    for (int i = 0; i < kills; ++i) {
        const auto more = kill_after(path, 1 + (i * 37) % 190);
        ASSERT_FALSE(more.texts.empty());
        EXPECT_GT(*more.texts.begin(), last) << "an id was used twice";
        last = *more.texts.rbegin();
        accepted.texts.insert(more.texts.begin(), more.texts.end());
        accepted.bans.insert(more.bans.begin(), more.bans.end());

        auto database = open_database(path, schema);
        ASSERT_TRUE(database) << database.error().message;
        ASSERT_EQ(database->execAndGet("PRAGMA integrity_check").getString(), "ok");
    }
    test::Waiting waiting(path);
    for (const auto id : accepted.texts) {
        const auto text = waiting.find(id);
        ASSERT_TRUE(text) << id;
        ASSERT_EQ(text->direct.has_value(), id % 3 == 0) << id;
    }
    EXPECT_FALSE(accepted.bans.empty());
    check_bans(waiting.records(), accepted.bans);
}

}  // namespace
}  // namespace partyline::store
