// Direct messages, mentions, and how far somebody has read.
#include <chrono>
#include <vector>

#include "server/store/limits.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

using room::Person;

constexpr ChannelId lobby{7};
constexpr std::int64_t day_ms = 86'400'000;

room::Identity device(std::uint8_t number) {
    room::Identity identity{};
    identity.fill(static_cast<std::byte>(number));
    return identity;
}

// Accounts with the devices 1 and 2, and guests.
const Person ada = Person::of(AccountId{1});
const Person zoe = Person::of(AccountId{2});
const Person guest = Person::of(device(8));
const Person other_guest = Person::of(device(9));

class LettersTest : public testing::Test {
protected:
    LettersTest() : waiting_(path()) {
        waiting_
            .apply({account(1, "Ada"), account(2, "Zoë"), room::Device{device(1), {1}, {}, 0},
                    room::Device{device(2), {2}, {}, 0}, chamber(lobby, "Lobby")})
            .value();
    }

    static room::Account account(std::uint64_t id, std::string name) {
        return {.id = AccountId{id},
                .name = std::move(name),
                .password_hash = {},
                .recovery_hash = {},
                .roles = {}};
    }
    static room::ChannelRecord chamber(ChannelId id, std::string name) {
        return {
            .channel = {.id = id, .name = std::move(name)}, .password_hash = {}, .overrides = {}};
    }
    static std::string name_of(const Person& person) {
        if (person.account) {
            return person == ada ? "Ada" : person == zoe ? "Zoë" : "Somebody";
        }
        return person == guest ? "Guest" : "Other";
    }
    /// From the device that bears that number.
    static room::Message letter(std::uint64_t id, const Person& from, const Person& to,
                                std::string text) {
        auto message = test::message(id, std::move(text));
        message.channel = {};
        message.author =
            from.account ? device(static_cast<std::uint8_t>(from.account.value)) : from.identity;
        message.author_name = name_of(from);
        message.direct = room::Direct{.from = from, .to = to, .to_name = name_of(to)};
        return message;
    }
    void write(std::uint64_t id, const Person& from, const Person& to, std::string text = "hi") {
        ASSERT_TRUE(waiting_.append(letter(id, from, to, std::move(text))));
    }
    void say(std::uint64_t id, std::uint8_t by, std::vector<Person> mentions = {},
             AccountId account = {}) {
        auto message = test::message(id);
        message.author = device(by);
        message.account = account;
        message.mentions = std::move(mentions);
        ASSERT_TRUE(waiting_.append(std::move(message)));
    }
    std::vector<std::uint64_t> between(const Person& one, const Person& other) {
        std::vector<std::uint64_t> ids;
        for (const auto& message : waiting_.direct({.one = one, .other = other}).messages) {
            ids.push_back(message.id.value);
        }
        return ids;
    }
    ConversationState state(const Person& who, const Person& with) {
        const auto unread = waiting_.unread({.who = who, .rooms = {}, .with = with});
        return unread.people.empty() ? ConversationState{} : unread.people.front();
    }
    RoomState lobby_of(const Person& who) {
        return waiting_.unread({.who = who, .rooms = {lobby}}).rooms.at(0);
    }
    void read_room(const Person& who, std::uint64_t to, ChannelId channel = lobby,
                   std::int64_t unix_ms = 0) {
        ASSERT_TRUE(waiting_.mark_read(
            {.who = who, .channel = channel, .with = {}, .to = MessageId{to}, .unix_ms = unix_ms}));
    }
    void read_person(const Person& who, const Person& with, std::uint64_t to) {
        ASSERT_TRUE(
            waiting_.mark_read({.who = who, .channel = {}, .with = with, .to = MessageId{to}}));
    }
    void link(std::uint8_t number, AccountId to) {
        ASSERT_TRUE(waiting_.apply({room::Device{device(number), to, {}, 0}}));
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "partyline.db"; }

    const test::Folder folder_;
    test::Waiting waiting_;
};

using Ids = std::vector<std::uint64_t>;

TEST_F(LettersTest, ABothWayConversationIsOne) {
    write(1, ada, zoe, "hello");
    write(2, zoe, ada, "hello yourself");
    write(3, ada, guest, "and you?");
    EXPECT_EQ(between(ada, zoe), (Ids{1, 2}));
    EXPECT_EQ(between(zoe, ada), (Ids{1, 2}));
    EXPECT_EQ(between(guest, ada), Ids{3});
    EXPECT_TRUE(between(guest, zoe).empty());
    EXPECT_EQ(waiting_.find(1), letter(1, ada, zoe, "hello"));
    EXPECT_EQ(waiting_.find(2), letter(2, zoe, ada, "hello yourself"));
    EXPECT_TRUE(waiting_.history({.channel = lobby}).messages.empty()) << "in no room";
}

TEST_F(LettersTest, PagesChangesAndRepeatsAreAsInRooms) {
    for (std::uint64_t id = 1; id <= 5; ++id) {
        write(id, id % 2 == 0 ? ada : zoe, id % 2 == 0 ? zoe : ada);
    }
    const auto page = waiting_.direct({.one = ada, .other = zoe, .messages_max = 2});
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.messages.front().id, MessageId{4});
    const auto older =
        waiting_.direct({.one = ada, .other = zoe, .before = MessageId{4}, .messages_max = 3});
    EXPECT_FALSE(older.more);
    EXPECT_EQ(older.messages.size(), 3U);

    ASSERT_TRUE(
        waiting_.edit({.id = MessageId{2}, .text = "better", .unix_ms = 9, .mentions = {}}));
    ASSERT_TRUE(waiting_.erase(3, 9));
    EXPECT_EQ(waiting_.find(2)->text, "better");
    EXPECT_TRUE(waiting_.find(3)->deleted);
    auto again = letter(6, ada, zoe, "once");
    again.nonce = 77;
    ASSERT_TRUE(waiting_.append(again));
    again.id = MessageId{7};
    EXPECT_EQ(waiting_.append(again)->id, MessageId{6});
}

TEST_F(LettersTest, UnreadAreTheOthersUndeletedTextsAfterTheMarker) {
    write(1, ada, zoe);
    write(2, ada, zoe);
    write(3, zoe, ada);
    EXPECT_EQ(state(zoe, ada),
              (ConversationState{.with = ada, .name = "Ada", .unread = 2, .last = MessageId{3}}));
    EXPECT_EQ(state(ada, zoe).unread, 1U);
    read_person(zoe, ada, 1);
    EXPECT_EQ(state(zoe, ada).unread, 1U);
    EXPECT_EQ(state(zoe, ada).read_to, MessageId{1});
    read_person(zoe, ada, 2);
    read_person(zoe, ada, 1);
    EXPECT_EQ(state(zoe, ada).read_to, MessageId{2}) << "never back";
    EXPECT_EQ(state(ada, zoe).read_to, MessageId{}) << "each their own";
    ASSERT_TRUE(waiting_.erase(3, 9));
    EXPECT_EQ(state(ada, zoe).unread, 0U);
    read_person(guest, zoe, 5);
    EXPECT_EQ(state(guest, zoe).last, MessageId{}) << "reading begins no conversation";
}

TEST_F(LettersTest, ConversationsComeTheNewestFirst) {
    write(1, ada, zoe);
    write(2, guest, ada);
    write(3, ada, ada, "a note");
    write(4, zoe, ada);
    const auto all = waiting_.unread({.who = ada, .rooms = {}, .people_max = 10}).people;
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].with, zoe);
    EXPECT_EQ(all[1].with, ada);
    EXPECT_EQ(all[1].unread, 0U) << "what one writes to oneself is read";
    EXPECT_EQ(all[2].with, guest);
    EXPECT_EQ(all[2].name, "Guest");
    EXPECT_EQ(all[2].unread, 1U);
    EXPECT_EQ(waiting_.unread({.who = ada, .rooms = {}, .people_max = 2}).people.size(), 2U);
}

TEST_F(LettersTest, RoomsAreCountedFromWhereOneWasFirstCounted) {
    say(1, 8);
    EXPECT_EQ(lobby_of(ada), RoomState{.channel = lobby}) << "nobody has asked for it yet";
    read_room(ada, 1, ChannelId{});
    say(2, 8);
    say(3, 1);
    say(4, 2, {ada, guest});
    EXPECT_EQ(lobby_of(ada),
              (RoomState{.channel = lobby, .unread = 2, .mentions = 1, .read_to = MessageId{1}}));
    read_room(ada, 4, ChannelId{});
    EXPECT_EQ(lobby_of(ada).unread, 2U) << "the first holds";
    read_room(ada, 2);
    EXPECT_EQ(lobby_of(ada).unread, 1U);
    read_room(ada, 1);
    EXPECT_EQ(lobby_of(ada).read_to, MessageId{2});
    ASSERT_TRUE(waiting_.erase(4, 9));
    EXPECT_EQ(lobby_of(ada), (RoomState{.channel = lobby, .read_to = MessageId{2}}));
}

TEST_F(LettersTest, WhatWasWrittenForAnAccountStaysItsOwn) {
    say(1, 8);
    say(2, 1, {}, ada.account);
    EXPECT_EQ(waiting_.find(2)->account, ada.account);
    link(8, ada.account);
    say(3, 8, {}, ada.account);
    read_room(ada, 0, ChannelId{});
    read_room(zoe, 0, ChannelId{});
    EXPECT_EQ(lobby_of(ada).unread, 0U);
    EXPECT_EQ(lobby_of(zoe).unread, 3U);
    ASSERT_TRUE(waiting_.apply({room::DropDevice{device(8)}}));
    EXPECT_EQ(lobby_of(ada).unread, 1U) << "what it wrote as a guest goes with the device";
    read_room(guest, 0, ChannelId{});
    EXPECT_EQ(lobby_of(guest).unread, 2U);
}

TEST_F(LettersTest, MentionsFollowTheText) {
    read_room(ada, 0, ChannelId{});
    say(1, 2);
    EXPECT_EQ(lobby_of(ada).mentions, 0U);
    ASSERT_TRUE(
        waiting_.edit({.id = MessageId{1}, .text = "@Ada", .unix_ms = 1, .mentions = {ada, zoe}}));
    EXPECT_EQ(lobby_of(ada).mentions, 1U);
    ASSERT_TRUE(waiting_.edit({.id = MessageId{1}, .text = "-", .unix_ms = 2, .mentions = {}}));
    EXPECT_EQ(lobby_of(ada).mentions, 0U);
    EXPECT_FALSE(waiting_.edit({.id = MessageId{9}, .text = "-", .unix_ms = 2, .mentions = {ada}}))
        << "of what is not there";
    say(2, 2, {ada});
    auto forgetful = chamber(lobby, "Lobby");
    forgetful.channel.retention.keep = false;
    ASSERT_TRUE(waiting_.apply({forgetful}));
    ASSERT_TRUE(waiting_.prune({.keep = false}, 0));
    EXPECT_EQ(lobby_of(ada), RoomState{.channel = lobby}) << "they go with the text";
}

TEST_F(LettersTest, CountsAreCapped) {
    read_room(ada, 0, ChannelId{});
    for (std::uint64_t id = 1; id <= unread_counted_max + 2; ++id) {
        waiting_.store->append(letter(2 * id, zoe, ada, "."), [](auto&&) {});
        waiting_.store->append(test::message(2 * id + 1), [](auto&&) {});
    }
    EXPECT_EQ(state(ada, zoe).unread, unread_counted_max);
    EXPECT_EQ(lobby_of(ada).unread, unread_counted_max);
    read_person(ada, zoe, 4);
    read_room(ada, 7);
    EXPECT_EQ(state(ada, zoe).unread, unread_counted_max);
    EXPECT_EQ(lobby_of(ada).unread, unread_counted_max - 1);
}

TEST_F(LettersTest, OnlyTheNewestAreLookedAt) {
    read_room(ada, 0, ChannelId{});
    write(1, zoe, ada);
    say(2, 8);
    std::uint64_t id = 3;
    const auto own_ones = [&](std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            waiting_.store->append(letter(id++, ada, zoe, "."), [](auto&&) {});
            auto message = test::message(id++);
            message.author = device(1);
            waiting_.store->append(std::move(message), [](auto&&) {});
        }
    };
    own_ones(unread_looked_at_max - 1);
    EXPECT_EQ(state(ada, zoe).unread, 1U);
    EXPECT_EQ(lobby_of(ada).unread, 1U);
    own_ones(1);
    EXPECT_EQ(state(ada, zoe).unread, 0U);
    EXPECT_EQ(lobby_of(ada).unread, 0U);
}

TEST_F(LettersTest, AGuestsLettersBecomeTheAccounts) {
    write(1, guest, zoe, "it is me");
    write(2, zoe, guest, "who?");
    write(3, zoe, ada, "hello");
    write(4, zoe, ada, "are you there?");
    write(5, guest, other_guest);
    read_person(guest, zoe, 2);
    read_room(ada, 3, ChannelId{});
    read_room(guest, 5, ChannelId{});
    say(6, 2, {guest});
    link(8, AccountId{1});

    EXPECT_EQ(between(ada, zoe), (Ids{1, 2, 3, 4})) << "two conversations are one";
    EXPECT_EQ(waiting_.find(1)->direct->from, ada);
    EXPECT_EQ(waiting_.find(2)->direct->to, ada);
    EXPECT_EQ(waiting_.find(3)->direct->from, zoe);
    EXPECT_EQ(state(ada, zoe).read_to, MessageId{2});
    EXPECT_EQ(state(ada, zoe).unread, 2U);
    EXPECT_EQ(between(ada, other_guest), Ids{5});
    EXPECT_EQ(lobby_of(ada),
              (RoomState{.channel = lobby, .unread = 1, .mentions = 1, .read_to = MessageId{3}}));
    // Whoever still takes the device for a guest's means the account.
    write(7, guest, zoe, "late");
    EXPECT_EQ(between(ada, zoe).back(), 7U);
    EXPECT_EQ(between(guest, zoe), between(ada, zoe));
    ASSERT_TRUE(waiting_.apply({room::DropDevice{device(8)}}));
    EXPECT_TRUE(between(guest, zoe).empty()) << "unlinked, it begins anew";
    EXPECT_EQ(between(ada, zoe).size(), 5U);
}

TEST_F(LettersTest, WhatOnesDevicesWroteToEachOtherAreNotes) {
    write(1, guest, ada);
    write(2, ada, guest);
    write(3, guest, guest);
    write(4, ada, ada);
    link(8, AccountId{1});
    EXPECT_EQ(between(ada, ada), (Ids{1, 2, 3, 4}));
    EXPECT_EQ(state(ada, ada).unread, 0U);
    const auto all = waiting_.unread({.who = ada, .rooms = {}, .people_max = 9}).people;
    EXPECT_EQ(all.size(), 1U);
}

TEST_F(LettersTest, AnAccountThatGoesLeavesWhatItWrote) {
    write(1, zoe, ada);
    read_room(zoe, 1);
    say(2, 1, {zoe});
    ASSERT_TRUE(waiting_.apply({room::DropAccount{AccountId{2}}}));
    EXPECT_EQ(between(ada, zoe), Ids{1});
    EXPECT_EQ(state(ada, zoe).name, "Zoë");
    EXPECT_EQ(lobby_of(zoe), RoomState{.channel = lobby});
}

TEST_F(LettersTest, WhatIsOldIsPruned) {
    auto old = letter(1, ada, zoe, "old");
    old.unix_ms = 0;
    auto newer = letter(2, ada, guest, "new");
    newer.unix_ms = 2 * day_ms;
    ASSERT_TRUE(waiting_.append(old));
    ASSERT_TRUE(waiting_.append(newer));
    say(3, 1);
    ASSERT_TRUE(waiting_.prune_direct(0, 100 * day_ms));
    EXPECT_EQ(between(ada, zoe).size(), 1U) << "for good";
    ASSERT_TRUE(waiting_.prune_direct(1, day_ms));
    EXPECT_EQ(between(ada, zoe).size(), 1U) << "not a moment too early";
    ASSERT_TRUE(waiting_.prune_direct(1, day_ms + 1));
    EXPECT_TRUE(between(ada, zoe).empty());
    EXPECT_EQ(state(ada, zoe).last, MessageId{}) << "the conversation goes with it";
    EXPECT_EQ(between(ada, guest).size(), 1U);
    EXPECT_TRUE(waiting_.find(3)) << "rooms keep to their own";
}

TEST_F(LettersTest, WhatGuestsReadIsForgottenInTheEnd) {
    constexpr std::int64_t age = guest_markers_days_max * day_ms;
    read_room(guest, 5, lobby, 1000);
    read_room(ada, 5, lobby, 1000);
    ASSERT_TRUE(waiting_.sweep(age + 1000));
    EXPECT_EQ(lobby_of(guest).read_to, MessageId{5});
    ASSERT_TRUE(waiting_.sweep(age + 1001));
    EXPECT_EQ(lobby_of(guest).read_to, MessageId{});
    EXPECT_EQ(lobby_of(ada).read_to, MessageId{5});
}

TEST_F(LettersTest, WhatGuestsReadStaysAsLongAsTheyComeBack) {
    constexpr std::int64_t age = guest_markers_days_max * day_ms;
    read_room(guest, 1, ChannelId{}, 0);
    read_room(guest, 5, lobby, 0);
    read_room(guest, 9, ChannelId{}, age);  // as at each login that asks what is unread
    ASSERT_TRUE(waiting_.sweep(age + 1));
    EXPECT_EQ(lobby_of(guest).read_to, MessageId{5});
    EXPECT_EQ(waiting_.unread({.who = guest, .rooms = {ChannelId{8}}}).rooms.at(0).read_to,
              MessageId{1})
        << "where it was counted from at first";
    ASSERT_TRUE(waiting_.sweep(2 * age + 1));
    EXPECT_EQ(lobby_of(guest).read_to, MessageId{});
}

TEST_F(LettersTest, WhatIsLeftOfRoomsAndAccountsThatAreGoneIsSwept) {
    ASSERT_TRUE(waiting_.apply({account(3, "Mo"), chamber(ChannelId{8}, "Attic")}));
    const auto mo = Person::of(AccountId{3});
    write(1, zoe, mo);
    write(2, mo, guest);
    write(3, ada, ada);
    ASSERT_TRUE(waiting_.apply({room::DropAccount{zoe.account}, room::DropAccount{mo.account},
                                room::DropChannel{ChannelId{8}}}));
    // Was on its way to the disk meanwhile.
    auto late = test::message(4);
    late.channel = ChannelId{8};
    ASSERT_TRUE(waiting_.append(late));
    say(5, 1, {zoe});
    read_room(zoe, 5);
    read_room(ada, 4, ChannelId{8});
    ASSERT_TRUE(waiting_.sweep(0));
    EXPECT_FALSE(waiting_.find(1)) << "nobody is left to read it";
    EXPECT_TRUE(between(zoe, mo).empty());
    EXPECT_EQ(between(mo, guest), Ids{2}) << "the guest may";
    EXPECT_EQ(between(ada, ada), Ids{3});
    EXPECT_FALSE(waiting_.find(4));
    EXPECT_TRUE(waiting_.find(5));
    EXPECT_EQ(lobby_of(zoe), RoomState{.channel = lobby});
    read_room(zoe, 4);
    EXPECT_EQ(lobby_of(zoe).unread, 1U);
    EXPECT_EQ(lobby_of(zoe).mentions, 0U);
    EXPECT_EQ(waiting_.unread({.who = ada, .rooms = {ChannelId{8}}}).rooms.at(0).read_to,
              MessageId{});
}

}  // namespace
}  // namespace partyline::store
