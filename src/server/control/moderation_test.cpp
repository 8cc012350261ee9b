// Muting and moving people, who may do it to whom, and what the audit log says of it.
#include <format>

#include "server/control/moderation_fixture.hpp"
#include "server/room/limits.hpp"

namespace partyline::control {
namespace {

class ModerationTest : public OrderTest {
protected:
    net::task<> telling_why();
    net::task<> muting();
    net::task<> muting_one_who_is_away();
    net::task<> moving();
    net::task<> ranks();
    net::task<> what_a_higher_rank_has_done();
    net::task<> deleting_texts();
    net::task<> deleting_in_vain();
    net::task<> reasons();
    net::task<> auditing();
};

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

net::task<> ModerationTest::muting() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
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
    co_await enter_lobby(mo, gus);
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
    co_await enter_lobby(mo, gus);
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
    co_await enter_lobby(mo, gus);
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

/// What was not done is not in the log.
net::task<> ModerationTest::deleting_in_vain() {
    Caller ada(loop), mo(loop), gus(loop);
    co_await enter_lobby(ada, "Ada");
    co_await enter_lobby(mo, "Mo");
    co_await enter_lobby(gus, "Gus");
    const wire::SendText rude{.channel = lobby, .text = "rude"};
    const auto id = (co_await gus.ask<wire::TextAccepted>(rude)).id;
    // It has been found by the time that the disk is full.
    store.hold = true;
    const auto in_vain = co_await mo.send(wire::DeleteText{id});
    co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
    store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
    store.release();
    EXPECT_EQ((co_await mo.answer<wire::Refusal>(in_vain)).error.code, ErrorCode::store_failed);
    store.failure.reset();
    EXPECT_TRUE(store.applied.empty());
    EXPECT_FALSE(store.messages.at(id).deleted);
    // Both have found it by the time that the first erases it.
    store.hold = true;
    const auto first = co_await mo.send(wire::DeleteText{id});
    co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
    const auto second = co_await ada.send(wire::DeleteText{id});
    co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    store.release();
    co_await mo.answer<wire::Ok>(first);
    EXPECT_EQ((co_await ada.answer<wire::Refusal>(second)).error.code, ErrorCode::unknown_text);
    EXPECT_EQ(store.applied.size(), 1U);
    EXPECT_EQ(logged().actor, "Mo");
}

net::task<> ModerationTest::reasons() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
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
    co_await enter_lobby(mo, gus);
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

TEST_F(ModerationTest, WhoeverIsActedOnIsToldWhy) {
    add_device("Mem", "Mem's phone");
    play(telling_why());
}
TEST_F(ModerationTest, WhoDeletesWhatOthersWroteIsInTheLog) { play(deleting_texts()); }
TEST_F(ModerationTest, WhoDeletesInVainIsNot) { play(deleting_in_vain()); }
TEST_F(ModerationTest, WhatAHigherRankHasDoneStays) { play(what_a_higher_rank_has_done()); }
TEST_F(ModerationTest, TheRelayIgnoresTheMutedAndSparesTheDeafened) { play(muting()); }
TEST_F(ModerationTest, AMuteNeedsNoConnection) { play(muting_one_who_is_away()); }
TEST_F(ModerationTest, WhoeverIsMovedIsTold) { play(moving()); }
TEST_F(ModerationTest, NobodyActsOnAnEqual) { play(ranks()); }
TEST_F(ModerationTest, AReasonIsOneLine) { play(reasons()); }
TEST_F(ModerationTest, WhatWasDoneIsLookedUp) { play(auditing()); }

}  // namespace
}  // namespace partyline::control
