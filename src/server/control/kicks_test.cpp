// Who is kicked: gone at once, told why, and not back by another door.
#include "server/control/moderation_fixture.hpp"

namespace partyline::control {
namespace {

class KicksTest : public OrderTest {
protected:
    net::task<> kicking();
    net::task<> kicking_one_who_does_not_go();
    net::task<> kicking_one_who_is_away();
    net::task<> kicking_one_who_is_as_good_as_away();
    net::task<> leaving_before_it_is_done();
};

net::task<> KicksTest::kicking() {
    Caller mo(loop), gus(loop), otto(loop);
    co_await enter_lobby(mo, gus);
    co_await enter_lobby(otto, "Otto");
    const auto id = gus.session;
    co_await mo.ask<wire::Ok>(wire::Kick{.session = id, .reason = "shouting"});
    EXPECT_FALSE(relay.seats.at(id)->open) << "before anybody is told";
    const auto goodbye = co_await gus.farewell();
    EXPECT_EQ(goodbye.code, ErrorCode::kicked);
    EXPECT_EQ(goodbye.reason, "shouting");
    EXPECT_EQ(goodbye.message, "You were sent away: shouting");
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

net::task<> KicksTest::kicking_one_who_does_not_go() {
    const auto patience = config.limits.closing_dismissed;
    EXPECT_LE(patience + tick_interval, std::chrono::milliseconds(100));
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
    co_await mo.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = {}});
    EXPECT_FALSE(relay.seats.at(gus.session)->open) << "the voice lane, at once";
    net::Timer timer(loop);
    const auto give_up = clock->now() + test_patience;
    while (server->admission().connections() > 1 && clock->now() < give_up) {
        co_await timer.wait(tick_interval);
    }
    EXPECT_EQ(server->admission().connections(), 1U) << "the control lane";
}

net::task<> KicksTest::kicking_one_who_is_away() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
    const auto id = gus.session;
    gus.break_off();
    const auto asked = co_await mo.send(wire::Kick{.session = id, .reason = "shouting"});
    EXPECT_EQ((co_await mo.get<wire::MemberLeft>()).session, id);
    EXPECT_FALSE(relay.seats.at(id)->open);
    co_await mo.answer<wire::Ok>(asked);
    Caller thief(loop);
    co_await thief.connect(port());
    auto stolen = thief.make_resume(gus);
    stolen.token = Bytes(32);
    EXPECT_EQ((co_await thief.ask<wire::Refusal>(stolen)).error.code, ErrorCode::resume_refused)
        << "only whose seat it was is told";
    Caller back(loop);
    const auto refusal = co_await back.resume_in_vain(port(), gus);
    EXPECT_EQ(refusal.error.code, ErrorCode::kicked);
    EXPECT_EQ(refusal.error.reason, "shouting");
    EXPECT_TRUE(refusal.closing) << "a talkie does not come back by itself";
}

net::task<> KicksTest::kicking_one_who_is_as_good_as_away() {
    Caller mo(loop), gus(loop), back(loop);
    co_await enter_lobby(mo, gus);
    co_await mo.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = {}});
    EXPECT_EQ((co_await back.resume_in_vain(port(), gus)).error.code, ErrorCode::kicked);
}

net::task<> KicksTest::leaving_before_it_is_done() {
    Caller mo(loop), gus(loop);
    co_await enter_lobby(mo, gus);
    co_await mo.send(wire::Kick{.session = gus.session, .reason = "bye"});
    mo.close();
    EXPECT_EQ((co_await gus.farewell()).code, ErrorCode::kicked);
    EXPECT_FALSE(store.applied.empty());
}

TEST_F(KicksTest, WhoeverIsKickedIsGoneAtOnceAndHearsWhy) { play(kicking()); }
TEST_F(KicksTest, WhoeverIsKickedIsGoneThoughTheyStay) {
    config.limits.closing = 2 * test_patience;  // that is not what ends them
    play(kicking_one_who_does_not_go());
}
TEST_F(KicksTest, ASeatThatWaitsIsKickedToo) { play(kicking_one_who_is_away()); }
TEST_F(KicksTest, WhoDoesNotHearItHearsItOnComingBack) {
    play(kicking_one_who_is_as_good_as_away());
}
TEST_F(KicksTest, WhatWasAskedForIsDone) { play(leaving_before_it_is_done()); }

}  // namespace
}  // namespace partyline::control
