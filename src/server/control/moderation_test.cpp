// Kicking, muting and moving people, and what the audit log says of it.
#include <algorithm>

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

    net::task<> kicking();
    net::task<> kicking_one_who_is_away();
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

net::task<> ModerationTest::kicking_one_who_is_away() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    const auto id = gus.session;
    gus.break_off();
    co_await mo.ask<wire::Ok>(wire::Kick{.session = id, .reason = {}});
    EXPECT_EQ((co_await mo.get<wire::MemberLeft>()).session, id);
    EXPECT_FALSE(relay.seats.at(id)->open);
    Caller back(loop);
    co_await back.connect(port());
    const auto refusal = co_await back.ask<wire::Refusal>(back.make_resume(gus));
    EXPECT_EQ(refusal.error.code, ErrorCode::resume_refused);
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
    const auto news = co_await gus.get<wire::PresenceChanged>();
    EXPECT_TRUE(news.sessions.at(0).server_mute || news.sessions.at(0).session != gus.session);
    EXPECT_EQ(logged().action, "server_mute");
    EXPECT_EQ(logged().detail, "muted");
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
    EXPECT_EQ(logged().detail, "neither muted nor deafened");
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
    EXPECT_EQ(logged().detail, "Attic");
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
    EXPECT_EQ(co_await outcome(mo, wire::SetServerMute{.session = gus.session, .reason = {}}),
              ErrorCode::store_failed);
    EXPECT_TRUE(presence(gus).server_mute) << "what is not logged is not done";
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
TEST_F(ModerationTest, ASeatThatWaitsIsKickedToo) { play(kicking_one_who_is_away()); }
TEST_F(ModerationTest, TheRelayIgnoresTheMutedAndSparesTheDeafened) { play(muting()); }
TEST_F(ModerationTest, AMuteNeedsNoConnection) { play(muting_one_who_is_away()); }
TEST_F(ModerationTest, WhoeverIsMovedIsTold) { play(moving()); }
TEST_F(ModerationTest, NobodyActsOnAnEqual) { play(ranks()); }
TEST_F(ModerationTest, AReasonIsOneLine) { play(reasons()); }
TEST_F(ModerationTest, WhatWasDoneIsLookedUp) { play(auditing()); }
TEST_F(ModerationTest, WhatWasAskedForIsDone) { play(leaving_before_it_is_done()); }

}  // namespace
}  // namespace partyline::control
