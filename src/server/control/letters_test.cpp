#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

wire::Person account(std::string name) {
    return {.session = {}, .identity = {}, .account = std::move(name)};
}
wire::Person session(const Caller& caller) {
    return {.session = caller.session, .identity = {}, .account = {}};
}
wire::Person device(const Caller& caller) {
    return {.session = {}, .identity = to_bytes(caller.identity().public_key()), .account = {}};
}

class LettersTest : public PeopleTest {
protected:
    static net::task<MessageId> write(Caller& from, wire::Person to, std::string text,
                                      std::uint64_t nonce = 0) {
        co_return (co_await from.ask<wire::TextAccepted>(wire::SendDirect{
                       .to = std::move(to), .text = std::move(text), .nonce = nonce}))
            .id;
    }

    net::task<> between_two() {
        Caller mem(loop);
        co_await enter(mem, "Mem");
        Caller guest(loop);
        co_await enter(guest, {}, "Guest");
        Caller other(loop);
        co_await enter(other, {}, "Other");
        const auto id = co_await write(guest, session(mem), "hello");
        const auto heard = (co_await mem.get<wire::Direct>()).text;
        const wire::DirectText said{.id = id,
                                    .from = device(guest),
                                    .from_name = "Guest",
                                    .to = account("Mem"),
                                    .to_name = "Mem",
                                    .text = "hello",
                                    .unix_ms = heard.unix_ms};
        EXPECT_EQ(heard, said);
        EXPECT_EQ((co_await guest.get<wire::Direct>()).text, said) << "who said it hears it, too";
        co_await write(mem, heard.from, "hello yourself");
        EXPECT_EQ((co_await guest.get<wire::Direct>()).text.text, "hello yourself");
        const auto history = co_await guest.ask<wire::DirectHistory>(
            wire::GetDirect{.with = account("mem"), .before = {}});
        EXPECT_EQ(history.with, account("Mem"));
        EXPECT_EQ(history.name, "Mem");
        EXPECT_EQ(history.texts.size(), 2U);
        EXPECT_EQ(history.texts.front(), said);
        // Nothing of it has come to anybody else, from the first on.
        const auto asked =
            co_await other.send(wire::GetDirect{.with = account("Mem"), .before = {}});
        auto message = co_await other.next();
        for (; message.reply_to != asked; message = co_await other.next()) {
            EXPECT_FALSE(std::holds_alternative<wire::Direct>(message.body));
        }
        EXPECT_TRUE(std::get<wire::DirectHistory>(message.body).texts.empty());
    }

    /// It takes a permission, and what was written can be taken back without it.
    net::task<> not_permitted() {
        Caller mem(loop), gus(loop), ada(loop);
        co_await enter(mem, "Mem");
        co_await enter(gus, "Gus");
        co_await enter(ada, "Ada");
        const auto id = co_await write(gus, account("Mem"), "hello");
        const room::PermissionSet left{room::Permission::see, room::Permission::enter};
        co_await ada.ask<wire::Ok>(
            wire::EditRole{.role = room::guest_role,
                           .settings = {.name = "Guest", .rank = 0, .grants = left.bits()}});
        EXPECT_EQ(co_await outcome(
                      gus, wire::SendDirect{.to = account("Mem"), .text = "again", .nonce = 0}),
                  ErrorCode::not_permitted);
        EXPECT_EQ(co_await outcome(gus, wire::EditText{.id = id, .text = "something else"}),
                  ErrorCode::not_permitted);
        EXPECT_EQ(co_await outcome(gus, wire::DeleteText{id}), ErrorCode::unspecified);
        co_await write(mem, session(gus), "members still may");
    }

    net::task<> whose_device_it_is() {
        Caller mem(loop);
        co_await enter(mem, "Mem");
        const auto mem_device = device(mem);
        Caller guest(loop);
        co_await enter(guest, {}, "Guest");
        const wire::GetDirect get{.with = mem_device, .before = {}};
        EXPECT_EQ((co_await guest.ask<wire::DirectHistory>(get)).name, "Mem") << "who is here";
        mem.close();
        while (server->model().sessions().size() > 1) {
            co_await guest.ask<wire::ControlPong>(wire::ControlPing{});
        }
        const auto nothing = co_await guest.ask<wire::DirectHistory>(get);
        EXPECT_EQ(nothing.with, mem_device);
        EXPECT_TRUE(nothing.name.empty());
        EXPECT_EQ(co_await outcome(guest, wire::SendDirect{.to = mem_device, .text = "hi"}),
                  ErrorCode::unknown_person);
        co_await write(guest, account("Mem"), "it is me");
        EXPECT_EQ((co_await guest.ask<wire::DirectHistory>(get)).name, "Mem")
            << "whom one has written to one knows";
        co_await write(guest, mem_device, "again");
    }

    /// What a deleted account wrote stays its own, whoever takes its name.
    net::task<> an_account_that_is_gone() {
        Caller mem(loop);
        co_await enter(mem, "Mem");
        Caller zoe(loop);
        co_await enter(zoe, "Zoe");
        const auto id = co_await write(zoe, account("Mem"), "it was me");
        zoe.close();
        Caller ada(loop);
        co_await enter(ada, "Ada");
        co_await ada.ask<wire::Ok>(wire::DeleteAccount{"Zoe"});
        while (server->model().sessions().size() > 2) {
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        }
        Caller mallory(loop);
        co_await mallory.log_in(port(), "Mallory");
        co_await mallory.ask<wire::Account>(
            wire::ClaimAccount{.name = "Zoe", .password = "correct horse", .label = {}});
        co_await write(mallory, account("Mem"), "no, me");

        const auto people = (co_await mem.ask<wire::Unread>(wire::GetUnread{})).people;
        EXPECT_EQ(people.size(), 2U);
        const auto old = people.at(1).with;
        EXPECT_EQ(people.at(0).with, account("Zoe"));
        EXPECT_EQ(old, account("account:5"));
        EXPECT_EQ(people.at(1).name, "Zoe") << "as it was called";
        co_await mem.ask<wire::Ok>(wire::MarkRead{.with = old, .id = id});
        const auto after = (co_await mem.ask<wire::Unread>(wire::GetUnread{})).people;
        EXPECT_EQ(after.at(0).unread, 1U);
        EXPECT_EQ(after.at(1).unread, 0U);
        const wire::GetDirect get{.with = old, .before = {}};
        const auto history = co_await mem.ask<wire::DirectHistory>(get);
        EXPECT_EQ(history.with, old);
        EXPECT_EQ(history.name, "Zoe");
        EXPECT_EQ(history.texts.size(), 1U);
        EXPECT_EQ(history.texts.at(0).from, old);
        const auto refusal =
            co_await mem.ask<wire::Refusal>(wire::SendDirect{.to = old, .text = "who are you?"});
        EXPECT_EQ(refusal.error.code, ErrorCode::unknown_person);
        EXPECT_NE(refusal.error.message.find("deleted"), std::string::npos);
        EXPECT_TRUE((co_await mallory.ask<wire::DirectHistory>(get)).name.empty())
            << "what it was called is told to whom it wrote";
    }

    net::task<> changed_at_once() {
        Caller mo(loop);
        co_await enter(mo, "Mo");
        Caller mem(loop);
        co_await enter(mem, "Mem");
        const auto id = co_await write(mo, account("Mem"), "teh");
        Bytes both;  // which are there before either is carried out
        wire::append_frame(both, wire::encode({.request_id = 101, .body = wire::DeleteText{id}}))
            .value();
        wire::append_frame(both, wire::encode({.request_id = 102,
                                               .body = wire::EditText{.id = id, .text = "the"}}))
            .value();
        co_await mo.send_bytes(std::move(both));
        co_await mo.answer<wire::Ok>(101);
        EXPECT_EQ((co_await mo.answer<wire::Refusal>(102)).error.code, ErrorCode::unknown_text);
        EXPECT_TRUE((co_await mem.get<wire::DirectChanged>()).text.deleted);
        co_await write(mo, account("Mem"), "next");
        for (auto message = co_await mem.next();
             !std::holds_alternative<wire::Direct>(message.body); message = co_await mem.next()) {
            EXPECT_FALSE(std::holds_alternative<wire::DirectChanged>(message.body));
        }
    }

    net::task<> who_is_not_here() {
        Caller guest(loop);
        co_await enter(guest, {}, "Guest");
        co_await write(guest, account("MO"), "are you there?");
        Caller other(loop);
        co_await enter(other, {}, "Other");
        const auto other_device = device(other);
        co_await write(guest, other_device, "and you?");
        other.close();
        while (server->model().sessions().size() > 1) {
            co_await guest.ask<wire::ControlPong>(wire::ControlPing{});
        }
        co_await write(guest, other_device, "gone already");
        const auto history = co_await guest.ask<wire::DirectHistory>(
            wire::GetDirect{.with = other_device, .before = {}});
        EXPECT_EQ(history.name, "Other");
        EXPECT_EQ(history.texts.size(), 2U);

        Caller mo(loop);
        co_await enter(mo, "Mo");
        const auto found = co_await mo.ask<wire::DirectHistory>(
            wire::GetDirect{.with = device(guest), .before = {}});
        EXPECT_EQ(found.texts.at(0).text, "are you there?");
        // Of somebody who has never been heard of nobody learns whether there is such a device.
        const auto refused_to = [&](wire::Person to) {
            return outcome(mo, wire::SendDirect{.to = std::move(to), .text = "hi"});
        };
        for (const auto& to :
             {other_device, account("Nobody"), wire::Person{},
              wire::Person{.session = SessionId{99}},
              wire::Person{.session = guest.session, .identity = {}, .account = "Mo"}}) {
            EXPECT_EQ(co_await refused_to(to), ErrorCode::unknown_person);
        }
        EXPECT_EQ(co_await outcome(mo, wire::GetDirect{.with = account("Nobody"), .before = {}}),
                  ErrorCode::unknown_person);
    }

    net::task<> all_devices() {
        Caller desk(loop);
        co_await enter(desk, "Mem");
        Caller phone(loop);
        co_await enter(phone, "Mem's phone");
        Caller mo(loop);
        co_await enter(mo, "Mo");
        const auto id = co_await write(mo, account("Mem"), "hello");
        EXPECT_EQ((co_await desk.get<wire::Direct>()).text.id, id);
        EXPECT_EQ((co_await phone.get<wire::Direct>()).text.id, id);
        const auto reply = co_await write(desk, session(mo), "teh");
        EXPECT_EQ((co_await phone.get<wire::Direct>()).text.id, reply);

        co_await phone.ask<wire::Ok>(wire::EditText{.id = reply, .text = "the"});
        EXPECT_EQ((co_await mo.get<wire::DirectChanged>()).text.text, "the");
        EXPECT_EQ((co_await desk.get<wire::DirectChanged>()).text.text, "the");
        co_await refused(mo, wire::DeleteText{reply}, ErrorCode::not_permitted);
        co_await desk.ask<wire::Ok>(wire::DeleteText{reply});
        const auto gone = (co_await mo.get<wire::DirectChanged>()).text;
        EXPECT_TRUE(gone.deleted);
        EXPECT_TRUE(gone.text.empty());
        co_await refused(desk, wire::DeleteText{reply}, ErrorCode::unknown_text);
    }

    net::task<> said_again() {
        Caller mo(loop);
        co_await enter(mo, "Mo");
        const auto first = co_await write(mo, account("Mem"), "once", 77);
        EXPECT_EQ(co_await write(mo, account("Mem"), "once", 77), first);
        Caller again(loop);
        co_await enter(again, "Mo");
        EXPECT_EQ(co_await write(again, account("Mem"), "once", 77), first)
            << "on a new connection";
        EXPECT_EQ(store.messages.size(), 1U);
    }

    net::task<> what_is_refused() {
        Caller mo(loop, manual_clock);
        co_await enter(mo, "Mo");
        const auto mem = account("Mem");
        EXPECT_EQ(co_await outcome(mo, wire::SendDirect{.to = mem, .text = ""}),
                  ErrorCode::not_permitted);
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        EXPECT_EQ(co_await outcome(mo, wire::SendDirect{.to = mem, .text = "hi"}),
                  ErrorCode::store_failed);
        EXPECT_EQ(co_await outcome(mo, wire::GetDirect{.with = mem, .before = {}}),
                  ErrorCode::store_failed);
        store.failure.reset();
        auto code = ErrorCode::unspecified;
        int taken = 0;
        for (; code == ErrorCode::unspecified; ++taken) {
            code = co_await outcome(mo, wire::SendDirect{.to = mem, .text = "hi"});
        }
        EXPECT_EQ(code, ErrorCode::rate_limited);
        EXPECT_GE(taken, 10);
    }

    net::task<> long_ones() {
        Caller mo(loop);
        co_await enter(mo, "Mo");
        for (int i = 0; i < 40; ++i) {
            co_await write(mo, account("Mem"), std::string(4096, 'x'));
        }
        std::size_t told = 0;
        wire::DirectHistory page{.with = {}, .name = {}, .texts = {}, .more = true};
        while (page.more) {
            page = co_await mo.ask<wire::DirectHistory>(wire::GetDirect{
                .with = account("Mem"),
                .before = page.texts.empty() ? MessageId{} : page.texts.front().id});
            EXPECT_FALSE(page.texts.empty());
            told += page.texts.size();
        }
        EXPECT_EQ(told, 40U);
    }
};

TEST_F(LettersTest, GoFromOneToTheOtherAlone) { play(between_two()); }
TEST_F(LettersTest, AreWrittenByWhoMay) { play(not_permitted()); }
TEST_F(LettersTest, WaitForWhoIsNotHere) { play(who_is_not_here()); }
TEST_F(LettersTest, ComeToAllDevicesAndAreChangedFromAny) {
    add_device("Mem", "Mem's phone");
    play(all_devices());
}
TEST_F(LettersTest, AStrangerDoesNotLearnWhoseDeviceItIs) { play(whose_device_it_is()); }
TEST_F(LettersTest, OfAnAccountThatIsGoneStayItsOwn) {
    add("Zoe", {});
    play(an_account_that_is_gone());
}
TEST_F(LettersTest, WhatIsDeletedIsNotEditedAtTheSameTime) { play(changed_at_once()); }
TEST_F(LettersTest, SaidAgainAreNotDoubled) { play(said_again()); }
TEST_F(LettersTest, AreRefusedInWords) {
    clock = &manual_clock;
    play(what_is_refused());
}
TEST_F(LettersTest, APageIsWhatFitsAFrame) {
    config.limits.texts = {.per_second = 1, .burst = 1e9};
    play(long_ones());
}

}  // namespace
}  // namespace partyline::control
