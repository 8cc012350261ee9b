// What moderators do and the disk: it is kept, it waits for no disk, and a full one protects nobody.
#include <optional>
#include <vector>

#include "server/control/moderation_fixture.hpp"

namespace partyline::control {
namespace {

class ModerationStoreTest : public OrderTest {
protected:
    net::task<> a_restart();
    net::task<> after_the_restart();
    net::task<> slipping_through();
    net::task<> not_waiting_for_the_disk();
    net::task<> while_somebody_claims();
    net::task<> kicking_whom_a_ban_waits_for();
    net::task<> a_full_disk();
    net::task<> going_first();
    net::task<> refusing_at_once();
    net::task<> telling_what_was_done();
    static net::task<std::vector<wire::ActedOn>> told(Caller& caller);

private:
    std::optional<crypto::Secret<32>> muted;  // who they were
};

net::task<> ModerationStoreTest::a_restart() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
    co_await mo.ask<wire::Ok>(
        wire::SetServerMute{.session = gus.session, .deafen = true, .reason = "echo"});
    const auto stored = std::get<room::Silence>(store.applied.back().front());
    EXPECT_EQ(stored.whose, room::Person::of(gus.identity().public_key()));
    EXPECT_TRUE(stored.deafen);
    EXPECT_EQ(stored.rank, 500U);
    EXPECT_EQ(stored.reason, "echo");
    store.remembered.silences = {stored};
    muted = gus.identity().seed();
}

net::task<> ModerationStoreTest::after_the_restart() {
    Caller gus(loop);
    gus.be(crypto::Identity::from_seed(*muted));
    co_await enter(gus, "Gus the second");
    const auto told = co_await gus.get<wire::ActedOn>();
    EXPECT_EQ(told.act, wire::ActedOn::Act::deafened);
    EXPECT_EQ(told.reason, "echo");
    EXPECT_EQ(told.since_unix_ms, store.remembered.silences.front().unix_ms);
    co_await gus.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    EXPECT_TRUE(presence(gus).server_deafen);
    EXPECT_EQ(relay.seats.at(gus.session)->flags,
              (relay::VoiceFlags{.muted = true, .deafened = true}));
}

net::task<> ModerationStoreTest::slipping_through() {
    Caller mo(loop), gus(loop), again(loop);
    co_await enter_lobby(mo, gus);
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

net::task<> ModerationStoreTest::not_waiting_for_the_disk() {
    Caller mo(loop), gus(loop), otto(loop);
    co_await enter_lobby(mo, gus);
    co_await enter_lobby(otto, "Otto");
    Caller ada(loop);
    co_await enter_lobby(ada, "Ada");
    hold_the_store();
    const auto asked =
        co_await mo.send(wire::MoveMember{.session = gus.session, .channel = attic, .reason = {}});
    co_await store_has_begun();
    EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, attic);
    EXPECT_EQ((co_await otto.get<wire::MemberLeft>()).session, gus.session);
    // The first is still on its way to the disk.
    const auto next = co_await ada.send(wire::Kick{.session = otto.session, .reason = {}});
    co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    EXPECT_EQ(server->model().find(otto.session), nullptr);
    store.release();
    co_await mo.answer<wire::Ok>(asked);
    co_await ada.answer<wire::Ok>(next);
}

net::task<> ModerationStoreTest::while_somebody_claims() {
    Caller mo(loop), gus(loop), zoe(loop), otto(loop);
    co_await enter_lobby(mo, gus);
    co_await enter_lobby(zoe, "Zoe");
    co_await enter_lobby(otto, "Otto");
    hold_the_store();
    const auto claiming = co_await zoe.send(
        wire::ClaimAccount{.name = "Zoe", .password = "correct horse", .label = {}});
    co_await store_has_begun();
    const auto muting =
        co_await mo.send(wire::SetServerMute{.session = zoe.session, .mute = true, .reason = {}});
    const auto kicking = co_await mo.send(wire::Kick{.session = gus.session, .reason = {}});
    const auto banning =
        co_await mo.send(wire::AddBan{.session = otto.session, .of_identity = true});
    co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
    EXPECT_EQ(server->model().find(gus.session), nullptr);
    EXPECT_EQ(server->model().find(otto.session), nullptr);
    EXPECT_FALSE(presence(zoe).server_mute) << "who she is has to be known";
    store.release();
    co_await mo.answer<wire::Ok>(kicking);
    co_await mo.answer<wire::Bans>(banning);
    co_await mo.answer<wire::Ok>(muting);
    const auto id = (co_await zoe.answer<wire::Account>(claiming)).id;
    EXPECT_TRUE(presence(zoe).server_mute);
    EXPECT_NE(server->model().directory().silence_of(room::Person::of(id)), nullptr);
}

net::task<> ModerationStoreTest::kicking_whom_a_ban_waits_for() {
    Caller mo(loop), gus(loop), zoe(loop), ada(loop), otto(loop);
    co_await enter_lobby(mo, gus);
    co_await enter_lobby(zoe, "Zoe");
    co_await enter_lobby(ada, "Ada");
    co_await enter_lobby(otto, "Otto");
    hold_the_store();
    co_await zoe.send(wire::ClaimAccount{.name = "Zoe", .password = "correct horse", .label = {}});
    co_await store_has_begun();
    const auto banning = co_await mo.send(
        wire::AddBan{.session = gus.session, .of_identity = true, .of_address = true});
    co_await mo.send(wire::Kick{.session = gus.session, .reason = {}});
    co_await mo.send(wire::AddBan{.session = ada.session, .of_identity = true, .of_address = true});
    co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
    EXPECT_NE(server->model().find(gus.session), nullptr);
    co_await ada.send(wire::Kick{.session = otto.session, .reason = {}});
    co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    EXPECT_EQ(server->model().find(otto.session), nullptr) << "the owner waits for no such ban";
    store.release();
    const auto placed = co_await mo.answer<wire::Bans>(banning);
    EXPECT_EQ(placed.bans.at(0).name, "Gus") << "who was not kicked before";
    const auto goodbye = co_await gus.farewell();
    EXPECT_EQ(goodbye.code, ErrorCode::banned);
}

net::task<> ModerationStoreTest::a_full_disk() {
    Caller mo(loop), gus(loop), otto(loop), ada(loop);
    co_await enter_lobby(mo, gus);
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
    EXPECT_EQ((co_await try_to_enter(again, "Otto"))->code, ErrorCode::banned);
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

net::task<> ModerationStoreTest::going_first() {
    Caller mo(loop), gus(loop), adam(loop);
    co_await enter_lobby(mo, gus);
    co_await enter_lobby(adam, "Adam");
    hold_the_store();
    std::uint64_t last = 0;
    for (std::uint32_t order = 0; order < 3; ++order) {
        last = co_await adam.send(wire::EditChannel{.channel = attic, .order = order});
    }
    co_await store_has_begun();
    const auto asked = co_await mo.send(wire::Kick{.session = gus.session, .reason = {}});
    co_await mo.ask<wire::ControlPong>(wire::ControlPing{});
    EXPECT_EQ(server->model().find(gus.session), nullptr) << "the disk is not waited for";
    const auto before = store.applied.size();
    store.release();
    co_await mo.answer<wire::Ok>(asked);
    EXPECT_EQ(std::get<room::AuditEntry>(store.applied.at(before - 1).back()).action,
              "room_changed")
        << "was on its way";
    EXPECT_EQ(std::get<room::AuditEntry>(store.applied.at(before).front()).action, "kick")
        << "with the next that was asked for";
    co_await adam.answer<wire::Ok>(last);
    EXPECT_EQ(store.applied.size(), before + 2);
}

net::task<> ModerationStoreTest::refusing_at_once() {
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

/// Until now.
net::task<std::vector<wire::ActedOn>> ModerationStoreTest::told(Caller& caller) {
    const auto bodies = co_await caller.told();
    std::vector<wire::ActedOn> all;
    for (const auto& body : bodies) {
        if (const auto* done = std::get_if<wire::ActedOn>(&body)) {
            all.push_back(*done);
        }
    }
    co_return all;
}

net::task<> ModerationStoreTest::telling_what_was_done() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
    const wire::MoveMember move{.session = gus.session, .channel = attic, .reason = "off topic"};
    co_await gus.ask<wire::Joined>(wire::Join{.channel = attic, .password = {}});
    co_await mo.ask<wire::Ok>(move);
    EXPECT_EQ((co_await told(gus)).size(), 0U) << "he went there himself";
    co_await gus.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    co_await mo.ask<wire::Ok>(move);
    EXPECT_EQ((co_await told(gus)).at(0).act, wire::ActedOn::Act::moved);
    EXPECT_EQ(presence(gus).channel, attic);
    co_await mo.ask<wire::Ok>(wire::SetServerMute{.session = gus.session, .reason = "sorry"});
    EXPECT_EQ((co_await told(gus)).size(), 0U) << "nobody had muted him";
}

TEST_F(ModerationStoreTest, AMuteOutlivesTheServer) {
    play(a_restart());
    play(after_the_restart());
}
TEST_F(ModerationStoreTest, NobodySlipsThroughWhileTheDiskWrites) { play(slipping_through()); }
TEST_F(ModerationStoreTest, NoDiskIsWaitedFor) { play(not_waiting_for_the_disk()); }
TEST_F(ModerationStoreTest, NoClaimOfAnothersIsWaitedFor) { play(while_somebody_claims()); }
TEST_F(ModerationStoreTest, ABanThatWaitsIsNotOvertakenByAKick) {
    play(kicking_whom_a_ban_waits_for());
}
TEST_F(ModerationStoreTest, AFullDiskProtectsNobody) { play(a_full_disk()); }
TEST_F(ModerationStoreTest, WhoeverIsActedOnIsToldWhatWasDone) { play(telling_what_was_done()); }
TEST_F(ModerationStoreTest, ModeratorsWaitForNobodyElse) { play(going_first()); }
TEST_F(ModerationStoreTest, WhoMayNotDoItIsToldAtOnce) { play(refusing_at_once()); }

}  // namespace
}  // namespace partyline::control
