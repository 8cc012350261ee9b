#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

wire::Person account(std::string name) {
    return {.session = {}, .identity = {}, .account = std::move(name)};
}

class UnreadTest : public PeopleTest {
protected:
    UnreadTest() {
        add_device("Mem", "Mem's phone");
        clock = &manual_clock;
    }

    net::task<wire::Unread> unread(Caller& caller) {
        co_return co_await caller.ask<wire::Unread>(wire::GetUnread{});
    }
    net::task<> join(Caller& caller) {
        co_await caller.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    }
    /// Until the switchboard has looked at the time.
    net::task<> wait_for_markers(Caller& caller, std::size_t count) {
        manual_clock.advance(read_marks_interval);
        while (store.markers.size() < count) {
            co_await caller.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }

    net::task<> rooms() {
        Caller mem(loop, manual_clock);
        co_await enter(mem, "Mem");
        Caller mo(loop, manual_clock);
        co_await enter(mo, "Mo");
        co_await join(mo);
        co_await say(mo, "before");
        co_await unread(mem);
        EXPECT_EQ(store.markers.size(), 1U);
        EXPECT_EQ(store.markers.at(0).channel, ChannelId{}) << "nobody is behind from the first";
        EXPECT_EQ(store.markers.at(0).to, MessageId{1});
        const auto first = co_await say(mo, "hello @mem");
        const auto second = co_await say(mo, "hello everybody");
        store.markers.push_back({.who = mem_, .channel = lobby, .with = {}, .to = MessageId{1}});
        auto now = co_await unread(mem);
        EXPECT_EQ(store.markers.size(), 2U) << "once for a session";
        const wire::RoomUnread two{
            .channel = lobby, .unread = 2, .mentions = 1, .read_to = MessageId{1}};
        EXPECT_EQ(now.rooms, std::vector{two});
        EXPECT_TRUE(now.people.empty());
        co_await mem.ask<wire::Ok>(wire::MarkRead{.channel = lobby, .with = {}, .id = first});
        now = co_await unread(mem);
        EXPECT_EQ(now.rooms.at(0).unread, 1U) << "what has just been read counts at once";
        co_await mem.ask<wire::Ok>(wire::MarkRead{
            .channel = lobby, .with = {}, .id = MessageId{second.value + 1'000'000}});
        EXPECT_TRUE((co_await unread(mem)).rooms.empty());
        EXPECT_EQ(store.markers.back().to, second) << "nobody reads what is not written";
    }

    net::task<> edited_mentions() {
        Caller mem(loop, manual_clock);
        co_await enter(mem, "Mem");
        co_await join(mem);
        const auto id = co_await say(mem, "hello @Mem, @Mo and @Adam");
        const auto& message = store.messages.at(id);
        EXPECT_EQ(message.mentions.size(), 2U) << "not oneself";
        co_await mem.ask<wire::Ok>(wire::EditText{.id = id, .text = "hello @Ada"});
        EXPECT_EQ(message.mentions, std::vector{room::Person::of(AccountId{1})});
    }

    net::task<> other_devices() {
        Caller desk(loop, manual_clock);
        co_await enter(desk, "Mem");
        Caller phone(loop, manual_clock);
        co_await enter(phone, "Mem's phone");
        Caller mo(loop, manual_clock);
        co_await enter(mo, "Mo");
        const auto first = (co_await mo.ask<wire::TextAccepted>(
                                wire::SendDirect{.to = account("Mem"), .text = "1"}))
                               .id;
        const auto last = (co_await mo.ask<wire::TextAccepted>(
                               wire::SendDirect{.to = account("Mem"), .text = "2"}))
                              .id;
        const auto people = (co_await unread(desk)).people;
        const wire::PersonUnread two{
            .with = account("Mo"), .name = "Mo", .unread = 2, .last = last};
        EXPECT_EQ(people, std::vector{two});
        const auto before = store.markers.size();
        for (const auto id : {first, last, first}) {
            co_await desk.ask<wire::Ok>(wire::MarkRead{.with = account("Mo"), .id = id});
        }
        EXPECT_EQ(store.markers.size(), before) << "not one by one";
        co_await wait_for_markers(mo, before + 1);
        const auto changed = co_await phone.get<wire::ReadChanged>();
        EXPECT_EQ(changed.room, wire::RoomUnread{});
        EXPECT_EQ(changed.person.with, account("Mo"));
        EXPECT_EQ(changed.person.unread, 0U);
        EXPECT_EQ(changed.person.read_to, last) << "the furthest";
        EXPECT_FALSE(co_await desk.is_told<wire::ReadChanged>()) << "it knows already";
        co_await phone.ask<wire::Ok>(wire::MarkRead{.channel = lobby, .with = {}});
        co_await wait_for_markers(mo, before + 2);
        EXPECT_EQ((co_await desk.get<wire::ReadChanged>()).room.channel, lobby);
    }

    net::task<> what_is_refused() {
        Caller guest(loop, manual_clock);
        co_await enter(guest, {}, "Guest");
        const wire::MarkRead nowhere{.channel = ChannelId{99}, .with = {}};
        EXPECT_EQ(co_await outcome(guest, nowhere), ErrorCode::unknown_channel);
        const wire::MarkRead both{.channel = lobby, .with = account("Mo")};
        EXPECT_EQ(co_await outcome(guest, both), ErrorCode::unknown_channel);
        EXPECT_EQ(co_await outcome(guest, wire::MarkRead{}), ErrorCode::unknown_person);
        const wire::MarkRead locked{.channel = attic, .with = {}};
        EXPECT_EQ(co_await outcome(guest, locked), ErrorCode::unknown_channel);
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        EXPECT_EQ(co_await outcome(guest, wire::GetUnread{}), ErrorCode::store_failed);
        EXPECT_TRUE(store.markers.empty());
        store.failure.reset();
        co_await unread(guest);
        EXPECT_EQ(store.markers.size(), 1U) << "from where on they are counted is stored after all";
        co_await unread(guest);
        EXPECT_EQ(store.markers.size(), 1U) << "and once";
    }

    net::task<> who_has_an_account_by_now() {
        Caller guest(loop, manual_clock);
        co_await enter(guest, {}, "Guest");
        co_await unread(guest);
        co_await guest.ask<wire::Account>(
            wire::ClaimAccount{.name = "Guest", .password = "correct horse", .label = {}});
        co_await unread(guest);
        EXPECT_EQ(store.markers.size(), 2U);
        EXPECT_NE(store.markers.at(0).who, store.markers.at(1).who);
    }

    /// What is on its way to the disk when somebody reads all there is has not been read.
    net::task<> what_is_on_its_way() {
        Caller mem(loop, manual_clock);
        co_await enter(mem, "Mem");
        co_await join(mem);
        co_await say(mem, "before");
        store.hold = true;
        co_await mem.send(wire::SendText{.channel = lobby, .text = "on its way"});
        co_await mem.ask<wire::Ok>(wire::MarkRead{.channel = lobby, .with = {}});
        store.release();
        co_await wait_for_markers(mem, 1);
        EXPECT_EQ(store.markers.back().to, MessageId{1});
        co_await mem.ask<wire::Ok>(wire::MarkRead{.channel = lobby, .with = {}});
        co_await wait_for_markers(mem, 2);
        EXPECT_EQ(store.markers.back().to, MessageId{2});
    }

    net::task<> asked_many_times() {
        Caller desk(loop, manual_clock);
        co_await enter(desk, "Mem");
        Caller phone(loop, manual_clock);
        co_await enter(phone, "Mem's phone");
        co_await unread(desk);
        co_await unread(phone);
        const auto before = store.countings;
        store.hold = true;
        std::vector<std::uint64_t> asked;
        for (int i = 0; i < 4; ++i) {
            asked.push_back(co_await desk.send(wire::GetUnread{}));
        }
        co_await desk.ask<wire::ControlPong>(wire::ControlPing{});
        const auto of_phone = co_await phone.send(wire::GetUnread{});
        co_await phone.ask<wire::ControlPong>(wire::ControlPing{});
        EXPECT_EQ(store.countings, before + 1) << "one at a time";
        store.release();
        for (const auto id : asked) {
            co_await desk.answer<wire::Unread>(id);
        }
        co_await phone.answer<wire::Unread>(of_phone);
        EXPECT_EQ(store.countings, before + 3) << "what one session has asked for, together";
        co_await unread(desk);
        EXPECT_EQ(store.countings, before + 4);
    }

    /// Whoever has gone, or was refused, leaves nobody waiting.
    net::task<> asked_in_vain() {
        Caller desk(loop, manual_clock);
        co_await enter(desk, "Mem");
        co_await unread(desk);
        Caller phone(loop, manual_clock);
        co_await enter(phone, "Mem's phone");
        store.hold = true;
        co_await desk.send(wire::GetUnread{});
        co_await desk.ask<wire::ControlPong>(wire::ControlPing{});
        co_await desk.send(wire::GetUnread{});
        co_await desk.ask<wire::ControlPong>(wire::ControlPing{});
        const auto of_phone = co_await phone.send(wire::GetUnread{});
        co_await phone.ask<wire::ControlPong>(wire::ControlPing{});
        desk.close();
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        store.release();
        EXPECT_EQ((co_await phone.answer<wire::Refusal>(of_phone)).error.code,
                  ErrorCode::store_failed);
        store.failure.reset();
        co_await unread(phone);
    }

    net::task<> many_markers() {
        Caller mo(loop, manual_clock);
        co_await enter(mo, "Mo");
        for (std::uint32_t id = 1; id <= read_marks_waiting_max; ++id) {
            EXPECT_TRUE(store.markers.empty());
            co_await mo.ask<wire::Ok>(wire::MarkRead{.channel = ChannelId{id}, .with = {}});
        }
        EXPECT_EQ(store.markers.size(), read_marks_waiting_max);
    }

    net::task<> at_the_end() {
        Caller mo(loop, manual_clock);
        co_await enter(mo, "Mo");
        co_await mo.ask<wire::Ok>(wire::MarkRead{.channel = lobby, .with = {}});
    }

    net::task<> pruning() {
        Caller mo(loop, manual_clock);
        co_await enter(mo, "Mo");
        while (store.letter_prunings == 0) {
            co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }

    const room::Person mem_ = room::Person::of(AccountId{4});
};

TEST_F(UnreadTest, TextsOfRoomsAreCountedAndMentionsAmongThem) { play(rooms()); }
TEST_F(UnreadTest, AnEditMentionsAnew) { play(edited_mentions()); }
TEST_F(UnreadTest, DevicesOfOnePersonHearOfEachOther) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(other_devices());
}
TEST_F(UnreadTest, WhatOneMayNotReadIsRefused) {
    config.channels[1].password = true;
    play(what_is_refused());
}
TEST_F(UnreadTest, AnAccountIsCountedFromItsOwnBeginning) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(who_has_an_account_by_now());
}
TEST_F(UnreadTest, WhatIsOnItsWayIsNotReadYet) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(what_is_on_its_way());
}
TEST_F(UnreadTest, TheStoreCountsForOnePersonOnceAtATime) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(asked_many_times());
}
TEST_F(UnreadTest, ACountThatFailsLeavesNobodyWaiting) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(asked_in_vain());
}
TEST_F(UnreadTest, WhatWaitsIsStoredBeforeItIsTooMuch) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    config.channels.clear();
    for (std::uint32_t id = 1; id <= read_marks_waiting_max; ++id) {
        config.channels.push_back({.id = ChannelId{id}, .name = std::to_string(id)});
    }
    play(many_markers());
}
TEST_F(UnreadTest, WhatWaitsAtTheEndIsStored) {
    play(at_the_end());
    EXPECT_EQ(store.markers.size(), 1U);
}
TEST_F(UnreadTest, LettersArePrunedNowAndThen) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(pruning());
}

}  // namespace
}  // namespace partyline::control
