// What is to be forgotten goes little by little, however much it is, and holds nobody up.
#include "server/store/pruning.hpp"

#include <cstdint>
#include <latch>
#include <string>
#include <utility>
#include <vector>

#include "server/store/database.hpp"
#include "server/store/limits.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

using room::Person;

constexpr ChannelId pruned_room{7};  // where test::message() is said
constexpr ChannelId other_room{8};
constexpr std::int64_t one_day_ms = 86'400'000;

class PruningTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "partyline.db"; }
    static void say(Store& store, std::uint64_t id, ChannelId channel = pruned_room,
                    std::int64_t unix_ms = 0) {
        auto message = test::message(id);
        message.channel = channel;
        message.unix_ms = unix_ms;
        store.append(std::move(message), [](const auto&) {});
    }
    static void write(Store& store, std::uint64_t id, const Person& from, const Person& to) {
        auto message = test::message(id);
        message.channel = {};
        message.direct = room::Direct{.from = from, .to = to, .to_name = {}};
        store.append(std::move(message), [](const auto&) {});
    }
    static room::ChannelRecord room_named(ChannelId id, std::string name) {
        return {
            .channel = {.id = id, .name = std::move(name)}, .password_hash = {}, .overrides = {}};
    }
    static room::Account account(std::uint64_t id) {
        return {.id = AccountId{id},
                .name = "account " + std::to_string(id),
                .password_hash = {},
                .recovery_hash = {},
                .roles = {}};
    }
    static Person guest(std::size_t number) {
        room::Identity identity{};
        identity.fill(std::byte{1});
        identity[0] = static_cast<std::byte>(number >> 8U);
        identity[1] = static_cast<std::byte>(number & 0xFFU);
        return Person::of(identity);
    }
    static std::vector<std::uint64_t> said_in(test::Waiting& waiting, ChannelId channel) {
        std::vector<std::uint64_t> ids;
        for (const auto& message :
             waiting.history({.channel = channel, .messages_max = 1'000'000}).messages) {
            ids.push_back(message.id.value);
        }
        return ids;
    }
    [[nodiscard]] int count(const std::string& table) const {
        return open_reader(path()).value().execAndGet("SELECT count(*) FROM " + table).getInt();
    }
    /// Its writer stands at its first answer until `opened`, and all the rest waits for it.
    auto held_store(test::Executor& executor, std::latch& opened) const {
        return open_sqlite_store(path(),
                                 [&](std::move_only_function<void()> work) {
                                     opened.wait();
                                     executor.poster()(std::move(work));
                                 })
            .value();
    }
    using Words = std::vector<std::string>;
    using Ids = std::vector<std::uint64_t>;

    const test::Folder folder_;
};

TEST_F(PruningTest, WhatIsSaidMeanwhilePassesInBetween) {
    test::Executor executor;
    std::latch opened(1);
    const auto store = held_store(executor, opened);
    for (std::uint64_t id = 1; id <= 3 * texts_pruned_at_once; ++id) {
        say(*store, id);
    }
    Words answered;
    store->prune(pruned_room, {.keep = false}, 0,
                 [&](const Result<void>& done) { answered.push_back(done ? "pruned" : "not"); });
    store->prune(other_room, {.keep = false}, 0,
                 [&](const Result<void>& done) { answered.push_back(done ? "other" : "not"); });
    auto meanwhile = test::message(10'000);
    meanwhile.channel = ChannelId{9};
    store->append(std::move(meanwhile),
                  [&](const auto& taken) { answered.push_back(taken ? "said" : "not"); });
    opened.count_down();
    while (answered.size() < 3) {
        executor.run_one();
    }
    EXPECT_EQ(answered, (Words{"said", "pruned", "other"}));
    EXPECT_EQ(count("message"), 1);
}

TEST_F(PruningTest, WhatARoomIsToKeepByThenStays) {
    test::Executor executor;
    std::latch opened(1);
    const auto store = held_store(executor, opened);
    auto chamber = room_named(pruned_room, "Lobby");
    chamber.channel.retention.keep = false;
    store->apply({chamber}, [](const Result<void>&) {});
    for (std::uint64_t id = 1; id <= 2 * texts_pruned_at_once; ++id) {
        say(*store, id, other_room);
    }
    bool done = false;
    store->prune(other_room, {.keep = false}, 0, [](const Result<void>&) {});
    store->prune(pruned_room, {.keep = false}, 0, [&](const Result<void>&) { done = true; });
    chamber.channel.retention.keep = true;
    store->apply({chamber}, [](const Result<void>&) {});
    say(*store, 10'000);
    opened.count_down();
    while (!done) {
        executor.run_one();
    }
    EXPECT_EQ(count("message WHERE channel = 8"), 0);
    EXPECT_EQ(count("message WHERE channel = 7"), 1) << "said after it was to be kept";
}

TEST_F(PruningTest, AllThatIsOldGoesHoweverMuch) {
    test::Waiting waiting(path());
    const std::uint64_t old_ones = 2 * texts_pruned_at_once + 1;
    for (std::uint64_t id = 1; id <= old_ones; ++id) {
        say(*waiting.store, id);
    }
    say(*waiting.store, old_ones + 1, pruned_room, one_day_ms);
    say(*waiting.store, old_ones + 2, other_room);
    ASSERT_TRUE(waiting.prune({.days = 1}, one_day_ms + 1));
    EXPECT_EQ(said_in(waiting, pruned_room), Ids{old_ones + 1});
    EXPECT_EQ(said_in(waiting, other_room), Ids{old_ones + 2});
}

/// Written while the server's clock was ahead.
TEST_F(PruningTest, HoweverManySeemYoungerTheyKeepNoOlderOnes) {
    test::Waiting waiting(path());
    const std::uint64_t younger = 2 * rows_looked_at_once + 5;
    for (std::uint64_t id = 1; id <= younger; ++id) {
        say(*waiting.store, id, pruned_room, 50 * one_day_ms);
    }
    say(*waiting.store, younger + 1);
    ASSERT_TRUE(waiting.prune({.days = 1}, 10 * one_day_ms));
    EXPECT_EQ(said_in(waiting, pruned_room).size(), younger);
    EXPECT_FALSE(waiting.find(younger + 1));
    ASSERT_TRUE(waiting.prune({.days = 1}, 60 * one_day_ms));
    EXPECT_TRUE(said_in(waiting, pruned_room).empty());
}

TEST_F(PruningTest, WhatSeemsYoungerIsWeighedAllTheSame) {
    test::Waiting waiting(path());
    const std::uint64_t all = 2 * rows_looked_at_once;
    for (std::uint64_t id = 1; id <= all; ++id) {
        say(*waiting.store, id, pruned_room, 50 * one_day_ms);
    }
    const auto weight = test::message(1).text.size() + message_weight_bytes;
    ASSERT_TRUE(waiting.prune({.days = 1, .bytes = weight}, 10 * one_day_ms));
    EXPECT_EQ(said_in(waiting, pruned_room), Ids{all});
}

TEST_F(PruningTest, WhatIsTooMuchIsWeighedLittleByLittle) {
    test::Waiting waiting(path());
    const std::uint64_t kept = rows_looked_at_once + 5;
    const std::uint64_t all = kept + texts_pruned_at_once + 5;
    for (std::uint64_t id = 1; id <= all; ++id) {
        say(*waiting.store, id);
    }
    const auto weight = test::message(1).text.size() + message_weight_bytes;
    ASSERT_TRUE(waiting.prune({.bytes = all * weight}, 0));
    EXPECT_EQ(said_in(waiting, pruned_room).size(), all);
    ASSERT_TRUE(waiting.prune({.bytes = kept * weight}, 0));
    const auto left = said_in(waiting, pruned_room);
    ASSERT_EQ(left.size(), kept);
    EXPECT_EQ(left.front(), all - kept + 1) << "the newest";
}

TEST_F(PruningTest, OldLettersGoHoweverManyAndTheirConversationWithTheLast) {
    test::Waiting waiting(path());
    for (std::uint64_t id = 1; id <= texts_pruned_at_once + 1; ++id) {
        write(*waiting.store, id, guest(1), guest(2));
    }
    write(*waiting.store, 1'000, guest(1), guest(3));
    const auto sent_ms = test::message(texts_pruned_at_once + 1).unix_ms;
    ASSERT_TRUE(waiting.prune_direct(1, sent_ms + one_day_ms));
    EXPECT_EQ(count("message"), 2) << "those of the last moment";
    EXPECT_EQ(count("conversation"), 2);
    ASSERT_TRUE(waiting.prune_direct(1, sent_ms + one_day_ms + 1));
    EXPECT_EQ(count("message"), 1);
    EXPECT_EQ(count("conversation"), 1);
}

TEST_F(PruningTest, WhatWasSaidInARoomGoesAfterIt) {
    const std::uint64_t many = 2 * texts_pruned_at_once;
    test::Waiting waiting(path());
    ASSERT_TRUE(waiting.apply({room_named(pruned_room, "Lobby"), room_named(other_room, "Attic")}));
    for (std::uint64_t id = 1; id <= many; ++id) {
        say(*waiting.store, id);
    }
    say(*waiting.store, many + 1, other_room);
    ASSERT_TRUE(waiting.apply({room::DropChannel{pruned_room}}));
    EXPECT_FALSE(waiting.find(1)) << "it begins at once";
    while (waiting.find(many)) {
    }
    EXPECT_TRUE(waiting.find(many + 1));
}

TEST_F(PruningTest, WhatAnEndLeavesOfARoomIsSweptByTheNextStart) {
    const std::uint64_t many = 5 * texts_pruned_at_once;
    {
        test::Waiting waiting(path());
        ASSERT_TRUE(waiting.apply({room_named(pruned_room, "Lobby")}));
        for (std::uint64_t id = 1; id <= many; ++id) {
            say(*waiting.store, id);
        }
        ASSERT_TRUE(waiting.apply({room::DropChannel{pruned_room}}));
    }
    test::Waiting waiting(path());
    ASSERT_TRUE(waiting.sweep(0));
    EXPECT_EQ(count("message"), 0);
}

TEST_F(PruningTest, AnyNumberOfReadersIsSwept) {
    test::Waiting waiting(path());
    ASSERT_TRUE(waiting.apply({account(1), account(2), room_named(pruned_room, "Lobby")}));
    constexpr auto guests = rows_looked_at_once + 1;
    std::vector<ReadMarker> markers;
    for (std::size_t i = 0; i < guests; ++i) {
        markers.push_back(
            {.who = guest(i), .channel = pruned_room, .with = {}, .to = MessageId{5}});
    }
    for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{2}}) {
        markers.push_back({.who = Person::of(AccountId{id}),
                           .channel = pruned_room,
                           .with = {},
                           .to = MessageId{5}});
    }
    ASSERT_TRUE(waiting.wait<void>(
        [&](Store& to, auto done) { to.mark_read(std::move(markers), std::move(done)); }));
    ASSERT_TRUE(waiting.sweep(0));
    EXPECT_EQ(count("read_marker"), static_cast<int>(guests) + 2);
    ASSERT_TRUE(waiting.sweep(guest_markers_days_max * one_day_ms + 1));
    EXPECT_EQ(count("read_marker"), 2) << "those of the accounts";
}

TEST_F(PruningTest, WhatNobodyIsLeftToReadIsSweptHoweverMuch) {
    test::Waiting waiting(path());
    ASSERT_TRUE(waiting.apply({account(1), account(2), account(3)}));
    const auto one = Person::of(AccountId{1});
    const auto two = Person::of(AccountId{2});
    for (std::uint64_t id = 1; id <= texts_pruned_at_once + 1; ++id) {
        write(*waiting.store, id, one, two);
    }
    write(*waiting.store, 1'000, one, Person::of(AccountId{3}));
    ASSERT_TRUE(waiting.apply({room::DropAccount{one.account}, room::DropAccount{two.account}}));
    // Were on their way to the disk meanwhile.
    for (std::uint64_t id = 2'000; id <= 2'000 + texts_pruned_at_once; ++id) {
        auto late = test::message(id);
        late.mentions = {one, Person::of(AccountId{3})};
        waiting.store->append(std::move(late), [](const auto&) {});
    }
    ASSERT_TRUE(waiting.apply({room_named(pruned_room, "Lobby")}));
    ASSERT_TRUE(waiting.sweep(0));
    EXPECT_TRUE(waiting.find(1'000));
    EXPECT_EQ(count("conversation"), 1);
    EXPECT_EQ(count("message WHERE conversation <> 0"), 1);
    EXPECT_EQ(count("mention"), static_cast<int>(texts_pruned_at_once) + 1) << "of who is there";
}

}  // namespace
}  // namespace partyline::store
