// Kicking, muting and moving people, and what the audit log says of it.
#include <algorithm>
#include <format>

#include "server/control/people_fixture.hpp"
#include "server/room/limits.hpp"

namespace partyline::control {
namespace {

class ModerationTest : public PeopleTest {
protected:
    [[nodiscard]] const room::Presence& presence(const Caller& caller) const {
        return server->model().find(caller.session)->presence;
    }
    /// The newest line of the audit log.
    [[nodiscard]] room::AuditEntry logged() const {
        return std::get<room::AuditEntry>(store.applied.back().back());
    }
    net::task<> enter_lobby(Caller& caller, std::string name) {
        co_await enter(caller, name);
        co_await caller.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    }

    /// How others are told that somebody is, next time they are told.
    static net::task<wire::Presence> shown(Caller& to, SessionId whom) {
        for (;;) {
            const auto news = co_await to.get<wire::PresenceChanged>();
            const auto found = std::ranges::find(news.sessions, whom, &wire::Presence::session);
            if (found != news.sessions.end() && found->server_mute) {
                co_return *found;
            }
        }
    }
    /// From now on what is to be kept is on its way to the disk until release().
    void hold_the_store() {
        store.hold = true;
        applied_before = store.applied.size();
    }
    net::task<> store_has_begun() {
        while (store.applied.size() == applied_before) {
            net::Event soon(loop);
            const net::Alarm alarm(loop, std::chrono::milliseconds(1), [&] { soon.set(); });
            co_await soon.wait();
        }
    }

    std::optional<crypto::Secret<32>> muted;
    std::size_t applied_before = 0;

    net::task<> kicking();
    net::task<> kicking_one_who_does_not_go();
    net::task<> kicking_one_who_is_away();
    net::task<> kicking_one_who_is_as_good_as_away();
    net::task<> a_restart();
    net::task<> after_the_restart();
    net::task<> slipping_through();
    net::task<> not_waiting_for_the_disk();
    net::task<> a_full_disk();
    net::task<> telling_why();
    net::task<> going_first();
    net::task<> refusing_at_once();
    net::task<> what_a_higher_rank_has_done();
    net::task<> deleting_texts();
    net::task<> muting();
    net::task<> muting_one_who_is_away();
    net::task<> moving();
    net::task<> ranks();
    net::task<> reasons();
    net::task<> auditing();
    net::task<> leaving_before_it_is_done();
};

net::task<> ModerationTest::kicking() {
    Caller mo(loop), gus(loop), otto(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await enter_lobby(otto, "Otto");
    const auto id = gus.session;
    co_await mo.ask<wire::Ok>(wire::Kick{.session = id, .reason = "shouting"});
    EXPECT_FALSE(relay.seats.at(id)->open) << "before anybody is told";
    const auto before = clock->now();
    const auto last = co_await gus.last_words();
    EXPECT_LT(clock->now() - before, std::chrono::seconds(5));
    const auto* goodbye = std::get_if<wire::Goodbye>(&last->body);
    EXPECT_NE(goodbye, nullptr);
    EXPECT_EQ(goodbye->error.code, ErrorCode::kicked);
    EXPECT_EQ(goodbye->error.reason, "shouting");
    EXPECT_EQ(goodbye->error.message, "You were sent away: shouting");
    EXPECT_EQ((co_await otto.get<wire::MemberLeft>()).session, id);
    const auto entry = logged();
    EXPECT_EQ(entry.actor, "Mo");
    EXPECT_EQ(entry.action, "kick");
    EXPECT_EQ(entry.target, "Gus");
    EXPECT_EQ(entry.reason, "shouting");
    EXPECT_EQ(co_await outcome(mo, wire::Kick{.session = id, .reason = {}}),
              ErrorCode::unknown_session);
    Caller again(loop);
    co_await enter(again, "Gus");
}

/// Whether they read their last words and hang up, or not, nothing of them is left after 100 ms.
net::task<> ModerationTest::kicking_one_who_does_not_go() {
    const auto patience = config.limits.closing_dismissed;
    EXPECT_LE(patience + tick_interval, std::chrono::milliseconds(100));
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await mo.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = {}});
    EXPECT_FALSE(relay.seats.at(gus.session)->open) << "the voice lane, at once";
    net::Timer timer(loop);
    const auto began = clock->now();
    while (server->admission().connections() > 1 && clock->now() < began + test_patience) {
        co_await timer.wait(tick_interval);
    }
    EXPECT_LT(clock->now() - began, config.limits.closing / 2) << "the control lane";
}

net::task<> ModerationTest::kicking_one_who_is_away() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    const auto id = gus.session;
    gus.break_off();
    const auto asked = co_await mo.send(wire::Kick{.session = id, .reason = "shouting"});
    EXPECT_EQ((co_await mo.get<wire::MemberLeft>()).session, id);
    EXPECT_FALSE(relay.seats.at(id)->open);
    co_await mo.answer<wire::Ok>(asked);
    Caller back(loop);
    co_await back.connect(port());
    Caller thief(loop);
    co_await thief.connect(port());
    auto stolen = thief.make_resume(gus);
    stolen.token = Bytes(32);
    EXPECT_EQ((co_await thief.ask<wire::Refusal>(stolen)).error.code, ErrorCode::resume_refused)
        << "only whose seat it was is told";
    const auto refusal = co_await back.ask<wire::Refusal>(back.make_resume(gus));
    EXPECT_EQ(refusal.error.code, ErrorCode::kicked);
    EXPECT_EQ(refusal.error.reason, "shouting");
    EXPECT_TRUE(refusal.closing) << "a talkie does not come back by itself";
}

/// The server does not know yet that the connection has broken: its last words reach nobody.
net::task<> ModerationTest::kicking_one_who_is_as_good_as_away() {
    Caller mo(loop), gus(loop), back(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await mo.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = {}});
    co_await back.connect(port());
    EXPECT_EQ((co_await back.ask<wire::Refusal>(back.make_resume(gus))).error.code,
              ErrorCode::kicked);
}

net::task<> ModerationTest::a_restart() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = gus.session, .deafen = true, .reason = "echo"});
    const auto stored = std::get<room::Silence>(store.applied.back().front());
    EXPECT_EQ(stored.whose, room::Person::of(gus.identity().public_key()));
    EXPECT_TRUE(stored.deafen);
    EXPECT_EQ(stored.rank, 500U);
    store.remembered.silences = {stored};
    muted = gus.identity().seed();
}

net::task<> ModerationTest::after_the_restart() {
    Caller gus(loop);
    gus.be(crypto::Identity::from_seed(*muted));
    co_await enter_lobby(gus, "Gus the second");
    EXPECT_TRUE(presence(gus).server_deafen);
    EXPECT_EQ(relay.seats.at(gus.session)->flags,
              (relay::VoiceFlags{.muted = true, .deafened = true}));
}

/// Somebody is muted, and comes back while the disk writes it.
net::task<> ModerationTest::slipping_through() {
    Caller mo(loop), gus(loop), again(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    hold_the_store();
    const auto asked =
        co_await mo.send(wire::SetServerMute{.session = gus.session, .mute = true, .reason = {}});
    co_await store_has_begun();
    again.be(gus);
    co_await again.log_in(port(), "Gus the second");
    EXPECT_TRUE(presence(again).server_mute) << "the disk is not waited for";
    store.release();
    co_await mo.answer<wire::Ok>(asked);
    EXPECT_TRUE(presence(again).server_mute);
    EXPECT_TRUE(relay.seats.at(again.session)->flags.muted);
}

/// What moderators do is done while the disk still writes it.
net::task<> ModerationTest::not_waiting_for_the_disk() {
    Caller mo(loop), gus(loop), otto(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await enter_lobby(otto, "Otto");
    Caller ada(loop);
    co_await enter_lobby(ada, "Ada");
    hold_the_store();
    const auto asked =
        co_await mo.send(wire::MoveMember{.session = gus.session, .channel = attic, .reason = {}});
    co_await store_has_begun();
    EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, attic);
    EXPECT_EQ((co_await otto.get<wire::MemberLeft>()).session, gus.session);
    // The first is still on its way: this one waits for it, and for no disk beyond it.
    const auto next = co_await ada.send(wire::Kick{.session = otto.session, .reason = {}});
    store.release();
    co_await mo.answer<wire::Ok>(asked);
    co_await ada.answer<wire::Ok>(next);
}

/// A full disk protects nobody, and is no secret to whoever acts.
net::task<> ModerationTest::a_full_disk() {
    Caller mo(loop), gus(loop), otto(loop), ada(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await enter_lobby(otto, "Otto");
    co_await enter_lobby(ada, "Ada");
    store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
    const auto muting = co_await mo.ask<wire::Refusal>(
        wire::SetServerMute{.session = gus.session, .mute = true, .reason = "echo"});
    EXPECT_EQ(muting.error.code, ErrorCode::not_kept);
    EXPECT_NE(muting.error.message.find("The disk is full."), std::string::npos);
    EXPECT_TRUE(relay.seats.at(gus.session)->flags.muted);
    EXPECT_EQ(co_await outcome(
                  mo, wire::MoveMember{.session = gus.session, .channel = attic, .reason = {}}),
              ErrorCode::not_kept);
    EXPECT_EQ(presence(gus).channel, attic);
    EXPECT_EQ(co_await outcome(mo, wire::Kick{.session = gus.session, .reason = {}}),
              ErrorCode::not_kept);
    EXPECT_EQ(server->model().find(gus.session), nullptr);
    EXPECT_EQ(co_await outcome(ada, wire::AddBan{.session = otto.session, .of_identity = true}),
              ErrorCode::not_kept);
    EXPECT_EQ(server->model().find(otto.session), nullptr);
    Caller again(loop);
    again.be(otto);
    const auto hello = co_await again.connect(port());
    EXPECT_EQ(
        (co_await again.ask<wire::Refusal>(again.make_login({.name = "Otto"}, hello))).error.code,
        ErrorCode::banned);
    // What is no moderator's act is refused, and nothing is changed.
    EXPECT_EQ(co_await outcome(ada, wire::EditChannel{.channel = attic, .topic = "new"}),
              ErrorCode::store_failed);
    EXPECT_EQ(server->model().find(attic)->channel.topic, "");

    const auto before = store.applied.size();
    store.failure.reset();
    co_await ada.ask<wire::Ok>(wire::EditChannel{.channel = attic, .topic = "new"});
    EXPECT_EQ(store.applied.size(), before + 1) << "with what was owed, or neither";
    std::vector<std::string> actions;
    for (const auto& change : store.applied.at(before)) {
        if (const auto* entry = std::get_if<room::AuditEntry>(&change)) {
            actions.push_back(entry->action);
        }
    }
    EXPECT_EQ(actions,
              (std::vector<std::string>{"server_mute", "move", "kick", "ban", "room_changed"}));
}

/// Whoever is acted on is told what was done, and why.
net::task<> ModerationTest::telling_why() {
    using enum wire::ActedOn::Act;
    Caller mo(loop), mem(loop), phone(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(mem, "Mem");
    co_await enter_lobby(phone, "Mem's phone");
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = mem.session, .mute = true, .reason = "echo"});
    EXPECT_EQ(co_await mem.get<wire::ActedOn>(), (wire::ActedOn{.act = muted, .reason = "echo"}));
    EXPECT_EQ(co_await phone.get<wire::ActedOn>(), (wire::ActedOn{.act = muted, .reason = "echo"}))
        << "a mute is of the person";
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = mem.session, .mute = true, .deafen = true, .reason = {}});
    EXPECT_EQ(co_await mem.get<wire::ActedOn>(), (wire::ActedOn{.act = deafened, .reason = {}}));
    co_await mo.ask<wire::Ok>(wire::SetServerMute{.session = mem.session, .reason = "sorry"});
    EXPECT_EQ(co_await mem.get<wire::ActedOn>(),
              (wire::ActedOn{.act = released, .reason = "sorry"}));
    co_await mo.ask<wire::Ok>(
        wire::MoveMember{.session = mem.session, .channel = attic, .reason = "off topic"});
    EXPECT_EQ(co_await mem.get<wire::ActedOn>(),
              (wire::ActedOn{.act = moved, .reason = "off topic"}));
    EXPECT_EQ((co_await mem.get<wire::Moved>()).channel, attic) << "after it was said why";
}

/// Whatever members ask for, moderators do not wait for it.
net::task<> ModerationTest::going_first() {
    Caller mo(loop), gus(loop), adam(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await enter_lobby(adam, "Adam");
    hold_the_store();
    std::uint64_t last = 0;
    for (std::uint32_t order = 0; order < 3; ++order) {
        last = co_await adam.send(wire::EditChannel{.channel = attic, .order = order});
    }
    co_await store_has_begun();
    const auto asked = co_await mo.send(wire::Kick{.session = gus.session, .reason = {}});
    co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
    const auto before = store.applied.size();
    store.release();
    co_await mo.answer<wire::Ok>(asked);
    EXPECT_EQ(std::get<room::AuditEntry>(store.applied.at(before - 1).back()).action,
              "room_changed")
        << "was on its way";
    EXPECT_EQ(std::get<room::AuditEntry>(store.applied.at(before).back()).action, "kick");
    co_await adam.answer<wire::Ok>(last);
    EXPECT_EQ(store.applied.size(), before + 3);
}

/// However long the disk takes: nobody fills the moderators' queue with what they may not do.
net::task<> ModerationTest::refusing_at_once() {
    Caller gus(loop), otto(loop), adam(loop);
    co_await enter_lobby(gus, "Gus");
    co_await enter_lobby(otto, "Otto");
    co_await enter_lobby(adam, "Adam");
    hold_the_store();
    const auto asked = co_await adam.send(wire::EditChannel{.channel = attic, .order = 1});
    co_await store_has_begun();
    const wire::ClientBody tries[] = {
        wire::Kick{.session = gus.session, .reason = {}},
        wire::SetServerMute{.session = gus.session, .mute = true, .reason = {}},
        wire::MoveMember{.session = gus.session, .channel = attic, .reason = {}},
        wire::AddBan{.session = gus.session, .of_identity = true},
        wire::LiftBan{.ban = BanId{1}, .reason = {}},
    };
    for (const auto& body : tries) {
        EXPECT_EQ(co_await outcome(otto, body), ErrorCode::not_permitted);
    }
    EXPECT_EQ(store.applied.size(), applied_before + 1) << "the disk still writes";
    store.release();
    co_await adam.answer<wire::Ok>(asked);
}

net::task<> ModerationTest::muting() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    const auto& flags = relay.seats.at(gus.session)->flags;
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = gus.session, .mute = true, .reason = "echo"});
    EXPECT_EQ(flags, (relay::VoiceFlags{.muted = true, .deafened = false}));
    EXPECT_TRUE(presence(gus).server_mute);
    EXPECT_TRUE((co_await shown(mo, gus.session)).server_mute) << "to others";
    EXPECT_TRUE((co_await shown(gus, gus.session)).server_mute) << "and to themself";
    const auto key = to_base64url(gus.identity().public_key());
    EXPECT_EQ(logged().action, "server_mute");
    EXPECT_EQ(logged().target, "Gus");
    EXPECT_EQ(logged().detail, "muted, identity " + key);
    co_await gus.ask<wire::Ok>(wire::SetSelfState{.mute = false, .deafen = false});
    EXPECT_TRUE(flags.muted) << "not one's own to end";
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = gus.session, .deafen = true, .reason = {}});
    EXPECT_EQ(flags, (relay::VoiceFlags{.muted = true, .deafened = true}));

    gus.close();
    Caller again(loop);
    again.be(gus);
    co_await again.log_in(port(), "Gus again");
    EXPECT_TRUE(presence(again).server_deafen) << "nobody escapes it by coming back";
    EXPECT_EQ(relay.seats.at(again.session)->flags,
              (relay::VoiceFlags{.muted = true, .deafened = true}));
    co_await mo.ask<wire::Ok>(wire::SetServerMute{.session = again.session, .reason = {}});
    EXPECT_EQ(relay.seats.at(again.session)->flags, relay::VoiceFlags{});
    EXPECT_EQ(logged().target, "Gus again");
    EXPECT_EQ(logged().detail, "neither muted nor deafened, identity " + key);
}

net::task<> ModerationTest::muting_one_who_is_away() {
    Caller mo(loop), gus(loop), back(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    const auto id = gus.session;
    gus.break_off();
    co_await mo.ask<wire::Ok>(wire::SetServerMute{.session = id, .mute = true, .reason = {}});
    EXPECT_TRUE(relay.seats.at(id)->open);
    EXPECT_TRUE(relay.seats.at(id)->flags.muted) << "while its voice goes on";
    co_await back.resume(port(), gus);
    EXPECT_TRUE(relay.seats.at(id)->flags.muted);
    EXPECT_TRUE(presence(back).server_mute);
}

net::task<> ModerationTest::moving() {
    Caller mo(loop), gus(loop), otto(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await enter_lobby(otto, "Otto");
    co_await mo.ask<wire::Ok>(
        wire::MoveMember{.session = gus.session, .channel = attic, .reason = "off topic"});
    const auto moved = co_await gus.get<wire::Moved>();
    EXPECT_EQ(moved.channel, attic);
    EXPECT_EQ(moved.members, 1U);
    EXPECT_EQ(relay.seats.at(gus.session)->channel, attic);
    EXPECT_EQ((co_await otto.get<wire::MemberLeft>()).session, gus.session);
    EXPECT_EQ(logged().action, "move");
    EXPECT_TRUE(logged().detail.starts_with("Attic, identity ")) << logged().detail;
    EXPECT_EQ(logged().reason, "off topic");
    EXPECT_EQ(
        co_await outcome(
            mo, wire::MoveMember{.session = gus.session, .channel = ChannelId{9}, .reason = {}}),
        ErrorCode::unknown_channel);
    co_await mo.ask<wire::Ok>(
        wire::MoveMember{.session = gus.session, .channel = {}, .reason = {}});
    EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, ChannelId{});
    EXPECT_EQ(presence(gus).channel, ChannelId{});
}

net::task<> ModerationTest::ranks() {
    Caller ada(loop), mo(loop), mem(loop);
    co_await enter_lobby(ada, "Ada");
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(mem, "Mem");
    const auto tried = store.applied.size();
    for (const auto target : {ada.session, mo.session}) {
        const std::vector<wire::ClientBody> bodies{
            wire::Kick{.session = target, .reason = {}},
            wire::SetServerMute{.session = target, .mute = true, .reason = {}},
            wire::MoveMember{.session = target, .channel = attic, .reason = {}},
            wire::AddBan{.session = target, .of_identity = true},
            wire::AddBan{.session = target, .of_address = true}};
        for (const auto& body : bodies) {
            EXPECT_EQ(co_await outcome(mo, body), ErrorCode::not_permitted);
            EXPECT_EQ(co_await outcome(mem, body), ErrorCode::not_permitted);
        }
    }
    EXPECT_EQ(store.applied.size(), tried) << "nothing has changed";
    EXPECT_EQ(presence(ada).channel, lobby);
    co_await ada.ask<wire::Ok>(wire::Kick{.session = mo.session, .reason = {}});
    Caller alias(loop);
    co_await enter(alias, "Mo", "Nobody in particular");
    co_await ada.ask<wire::Ok>(wire::Kick{.session = alias.session, .reason = {}});
    EXPECT_EQ(logged().target, "Mo") << "whatever they call themselves";
    EXPECT_EQ(logged().detail, "known as \"Nobody in particular\"");
}

net::task<> ModerationTest::what_a_higher_rank_has_done() {
    Caller ada(loop), mo(loop), gus(loop);
    co_await enter(ada, "Ada");
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    co_await ada.ask<wire::Ok>(
        wire::SetServerMute{.session = gus.session, .mute = true, .reason = {}});
    EXPECT_EQ(co_await outcome(mo, wire::SetServerMute{.session = gus.session, .reason = {}}),
              ErrorCode::not_permitted);
    EXPECT_TRUE(presence(gus).server_mute);
    const auto placed =
        co_await ada.ask<wire::Bans>(wire::AddBan{.identity = Bytes(32, std::byte{9})});
    EXPECT_EQ(co_await outcome(mo, wire::LiftBan{.ban = placed.bans.at(0).id, .reason = {}}),
              ErrorCode::not_permitted);
    co_await ada.ask<wire::Ok>(wire::LiftBan{.ban = placed.bans.at(0).id, .reason = {}});
}

net::task<> ModerationTest::deleting_texts() {
    Caller ada(loop), mo(loop), gus(loop);
    co_await enter_lobby(ada, "Ada");
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    const auto say = [](Caller& by) {
        return by.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "rude"});
    };
    const auto first = (co_await say(gus)).id;
    co_await gus.ask<wire::Ok>(wire::DeleteText{first});
    EXPECT_TRUE(store.applied.empty()) << "one's own are nobody's business";
    const auto second = (co_await say(gus)).id;
    co_await mo.ask<wire::Ok>(wire::DeleteText{second});
    EXPECT_TRUE((co_await ada.get<wire::TextChanged>()).text.deleted);
    EXPECT_EQ(logged().actor, "Mo");
    EXPECT_EQ(logged().action, "text_deleted");
    EXPECT_EQ(logged().target, "Gus");
    EXPECT_EQ(logged().detail, std::format("number {} in Lobby, identity {}", second.value,
                                           to_base64url(gus.identity().public_key())));
    const auto hers = (co_await say(ada)).id;
    EXPECT_EQ(co_await outcome(mo, wire::DeleteText{hers}), ErrorCode::not_permitted)
        << "the owner's";
    EXPECT_FALSE(store.messages.at(hers).deleted);
    const auto his = (co_await say(mo)).id;
    co_await ada.ask<wire::Ok>(wire::DeleteText{his});
    EXPECT_EQ(logged().target, "Mo");
    EXPECT_EQ(logged().detail, std::format("number {} in Lobby", his.value));
}

net::task<> ModerationTest::reasons() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    EXPECT_EQ(co_await outcome(mo, wire::Kick{.session = gus.session, .reason = "two\nlines"}),
              ErrorCode::not_permitted);
    EXPECT_EQ(co_await outcome(mo, wire::LiftBan{.ban = BanId{1}, .reason = "two\nlines"}),
              ErrorCode::not_permitted);
    EXPECT_EQ(presence(gus).channel, lobby);
    const std::string longest(room::reason_bytes_max, 'x');
    co_await mo.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = longest});
    EXPECT_EQ(logged().reason, longest);
}

net::task<> ModerationTest::auditing() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    EXPECT_EQ(co_await outcome(gus, wire::GetAudit{}), ErrorCode::not_permitted);
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = gus.session, .mute = true, .reason = "echo"});
    const auto audit = co_await mo.ask<wire::Audit>(wire::GetAudit{});
    EXPECT_EQ(audit.entries.at(0).actor, "Mo");
    EXPECT_EQ(audit.entries.at(0).action, "server_mute");
    EXPECT_EQ(audit.entries.at(0).target, "Gus");
    EXPECT_EQ(audit.entries.at(0).reason, "echo");
    EXPECT_NE(audit.entries.at(0).id, 0U);
    EXPECT_GT(audit.entries.at(0).unix_ms, 0);
    store.failure = Error{.code = ErrorCode::store_failed, .message = "no disk"};
    EXPECT_EQ(co_await outcome(mo, wire::GetAudit{}), ErrorCode::store_failed);
}

net::task<> ModerationTest::leaving_before_it_is_done() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    co_await mo.send(wire::Kick{.session = gus.session, .reason = "bye"});
    mo.close();
    const auto last = co_await gus.last_words();
    if (const auto* goodbye = std::get_if<wire::Goodbye>(&last->body)) {
        EXPECT_EQ(goodbye->error.code, ErrorCode::kicked);
        EXPECT_FALSE(store.applied.empty());
    } else {
        ADD_FAILURE() << "nobody was sent away";
    }
}

TEST_F(ModerationTest, WhoeverIsKickedIsGoneAtOnceAndHearsWhy) { play(kicking()); }
TEST_F(ModerationTest, WhoeverIsKickedIsGoneThoughTheyStay) {
    config.limits.closing = test_patience;  // that is not what ends them
    play(kicking_one_who_does_not_go());
}
TEST_F(ModerationTest, ASeatThatWaitsIsKickedToo) { play(kicking_one_who_is_away()); }
TEST_F(ModerationTest, WhoDoesNotHearItHearsItOnComingBack) {
    play(kicking_one_who_is_as_good_as_away());
}
TEST_F(ModerationTest, AMuteOutlivesTheServer) {
    play(a_restart());
    play(after_the_restart());
}
TEST_F(ModerationTest, NobodySlipsThroughWhileTheDiskWrites) { play(slipping_through()); }
TEST_F(ModerationTest, NoDiskIsWaitedFor) { play(not_waiting_for_the_disk()); }
TEST_F(ModerationTest, AFullDiskProtectsNobody) { play(a_full_disk()); }
TEST_F(ModerationTest, WhoeverIsActedOnIsToldWhy) {
    add_device("Mem", "Mem's phone");
    play(telling_why());
}
TEST_F(ModerationTest, ModeratorsWaitForNobodyElse) { play(going_first()); }
TEST_F(ModerationTest, WhoMayNotDoItIsToldAtOnce) { play(refusing_at_once()); }
TEST_F(ModerationTest, WhoDeletesWhatOthersWroteIsInTheLog) { play(deleting_texts()); }
TEST_F(ModerationTest, WhatAHigherRankHasDoneStays) { play(what_a_higher_rank_has_done()); }
TEST_F(ModerationTest, TheRelayIgnoresTheMutedAndSparesTheDeafened) { play(muting()); }
TEST_F(ModerationTest, AMuteNeedsNoConnection) { play(muting_one_who_is_away()); }
TEST_F(ModerationTest, WhoeverIsMovedIsTold) { play(moving()); }
TEST_F(ModerationTest, NobodyActsOnAnEqual) { play(ranks()); }
TEST_F(ModerationTest, AReasonIsOneLine) { play(reasons()); }
TEST_F(ModerationTest, WhatWasDoneIsLookedUp) { play(auditing()); }
TEST_F(ModerationTest, WhatWasAskedForIsDone) { play(leaving_before_it_is_done()); }

}  // namespace
}  // namespace partyline::control
