// A connection breaks, and whoever it was comes back to their seat on another.
#include <algorithm>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "server/control/away_fixture.hpp"

namespace partyline::control {
namespace {

class ResumeTest : public AwayTest {
protected:
    static std::size_t count_presence(const std::vector<wire::ServerBody>& bodies) {
        return static_cast<std::size_t>(
            std::ranges::count_if(bodies, [](const wire::ServerBody& body) {
                return std::holds_alternative<wire::PresenceChanged>(body) ||
                       std::holds_alternative<wire::MemberLeft>(body) ||
                       std::holds_alternative<wire::MemberJoined>(body);
            }));
    }

    net::task<> comes_back() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await ada.ask<wire::Ok>(wire::SetSelfState{.mute = true});
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await told(ada);
        co_await told(bob);

        co_await lose(ada, bob);
        auto& seat = *relay.seats.at(ada.session);
        EXPECT_TRUE(seat.open) << "voice goes on";
        const auto route = seat.route;
        co_await say(bob, "one");
        co_await say(bob, "two");

        Caller again(loop, manual_clock);
        const auto resumed = co_await again.resume(port(), ada);
        EXPECT_TRUE(resumed.replayed);
        EXPECT_EQ(resumed.hop_epoch, 1);
        EXPECT_EQ(resumed.route, route);
        EXPECT_EQ(resumed.channel, lobby);
        EXPECT_EQ(resumed.channel_epoch, ChannelEpoch{2});
        EXPECT_EQ(resumed.frame_ms, short_frame_ms);
        EXPECT_EQ(seat.keys.epoch, 1);
        expect_hop_keys(again, seat);
        EXPECT_EQ((co_await again.get<wire::Text>()).text, "one");
        EXPECT_EQ((co_await again.get<wire::Text>()).text, "two");
        co_await say(bob, "three");
        EXPECT_EQ((co_await again.get<wire::Text>()).text, "three");
        EXPECT_TRUE(server->model().find(again.session)->presence.self_mute);
        EXPECT_EQ(count_presence(co_await told(bob)), 0U) << "nobody has noticed";
        EXPECT_EQ(server->seats_away(), 0U);
    }

    /// What was on its way when the connection broke is told again, and nothing that had arrived.
    net::task<> told_but_not_read() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        for (int i = 0; i < 5; ++i) {
            co_await say(bob, std::to_string(i));
        }
        EXPECT_EQ((co_await ada.get<wire::Text>()).text, "0");
        EXPECT_EQ((co_await ada.get<wire::Text>()).text, "1");
        co_await lose(ada, bob);
        Caller again(loop, manual_clock);
        EXPECT_TRUE((co_await again.resume(port(), ada)).replayed);
        for (int i = 2; i < 5; ++i) {
            EXPECT_EQ((co_await again.get<wire::Text>()).text, std::to_string(i));
        }
    }

    net::task<> refusals() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await lose(ada, bob);

        Caller eve(loop, manual_clock);
        const auto hello = co_await eve.connect(port());
        const auto good = eve.make_resume(ada);
        const auto bent = [&good](auto bend) {
            auto resume = good;
            bend(resume);
            return resume;
        };
        const std::vector<std::pair<std::string, wire::Resume>> cases{
            {"another token", bent([](auto& it) { it.token[31] ^= std::byte{1}; })},
            {"the token of another", bent([&](auto& it) { it.token = bob.token; })},
            {"another signature", bent([](auto& it) { it.signature[0] ^= std::byte{1}; })},
            {"a signature for another session",
             bent([&](auto& it) { it.signature = eve.make_resume(bob).signature; })},
            {"the signature of another connection",
             bent([&](auto& it) { it.signature = bob.make_resume(ada).signature; })},
            {"somebody else's session", bent([&](auto& it) { it.session = bob.session; })},
            {"no session", bent([](auto& it) { it.session = SessionId{99}; })},
            {"events that never were", bent([](auto& it) { it.last_seq += 100; })}};
        for (const auto& [what, resume] : cases) {
            SCOPED_TRACE(what);
            co_await refused(eve, resume, ErrorCode::resume_refused);
        }
        EXPECT_EQ(server->seats_away(), 1U);
        // The connection is good for a login, and the seat for its owner.
        co_await eve.ask<wire::Welcome>(eve.make_login({.name = "Eve"}, hello));
        co_await refused(eve, good, ErrorCode::already_logged_in);
        Caller again(loop, manual_clock);
        EXPECT_TRUE((co_await again.resume(port(), ada)).replayed);
    }

    net::task<> a_token_is_good_once() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        const auto first = ada.token;
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await lose(ada, bob);

        // However many answers are lost, what was given before is still good.
        for (int lost = 0; lost < 3; ++lost) {
            Caller unlucky(loop, manual_clock);
            co_await unlucky.connect(port());
            co_await unlucky.ask<wire::Resumed>(unlucky.make_resume(ada));
            unlucky.break_off();
            co_await away(bob);
        }
        Caller second(loop, manual_clock);
        const auto resumed = co_await second.resume(port(), ada);
        EXPECT_EQ(resumed.hop_epoch, 4);
        EXPECT_NE(resumed.resume_token, first);

        // Now it has arrived.
        co_await second.ask<wire::ControlPong>(wire::ControlPing{});
        const auto newest = std::exchange(second.token, first);
        Caller third(loop, manual_clock);
        co_await third.connect(port());
        co_await refused(third, third.make_resume(second), ErrorCode::resume_refused);
        second.token = newest;
        co_await third.ask<wire::Resumed>(third.make_resume(second));
    }

    net::task<> waits_so_long() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        const auto welcome = co_await bob.log_in(port(), "Bob");
        EXPECT_EQ(std::chrono::seconds(welcome.resume_seconds), config.limits.resume);
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        co_await told(bob);
        co_await lose(ada, bob);
        // Bob must not fall silent meanwhile.
        manual_clock.advance(config.limits.resume / 2);
        co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
        manual_clock.advance(config.limits.resume / 2 - std::chrono::milliseconds(1));
        EXPECT_EQ(server->seats_away(), 1U);
        manual_clock.advance(std::chrono::milliseconds(1));
        EXPECT_EQ((co_await bob.get<wire::MemberLeft>()).session, ada.session);
        EXPECT_EQ(server->seats_away(), 0U);
        EXPECT_FALSE(relay.seats.at(ada.session)->open);
        Caller late(loop, manual_clock);
        co_await late.connect(port());
        co_await refused(late, late.make_resume(ada), ErrorCode::resume_refused);
    }

    net::task<> is_not_kept() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        EXPECT_EQ((co_await bob.log_in(port(), "Bob")).resume_seconds, 0U);
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        ada.break_off();
        EXPECT_EQ((co_await bob.get<wire::MemberLeft>()).session, ada.session);
        Caller late(loop, manual_clock);
        co_await late.connect(port());
        co_await refused(late, late.make_resume(ada), ErrorCode::resume_refused);
    }

    net::task<> too_much_was_missed() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await told(ada);
        co_await lose(ada, bob);
        for (int i = 0; i < 10; ++i) {
            co_await say(bob, "x");
        }
        Caller again(loop, manual_clock);
        const auto resumed = co_await again.resume(port(), ada);
        EXPECT_FALSE(resumed.replayed);
        EXPECT_EQ(resumed.channel, lobby);
        EXPECT_EQ((co_await again.get<wire::ChannelPage>()).channels.size(), 2U);
        EXPECT_EQ((co_await again.get<wire::PresencePage>()).sessions.size(), 2U);
        co_await again.get<wire::SnapshotEnd>();
        const auto keys = co_await again.get<wire::MemberKeys>();
        EXPECT_EQ(keys.channel_epoch, resumed.channel_epoch);
        EXPECT_EQ(keys.members.size(), 1U);
        co_await say(bob, "and on");
        EXPECT_EQ((co_await again.get<wire::Text>()).text, "and on");
    }

    /// Nothing is as large as a snapshot: whoever has not read it to its end gets another.
    net::task<> broken_in_the_snapshot() {
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        Caller ada(loop, manual_clock);
        const auto hello = co_await ada.connect(port());
        const auto welcome = co_await ada.ask<wire::Welcome>(ada.make_login({}, hello));
        ada.session = welcome.session;
        ada.token = welcome.resume_token;
        co_await ada.get<wire::ChannelPage>();
        co_await lose(ada, bob);
        Caller again(loop, manual_clock);
        EXPECT_FALSE((co_await again.resume(port(), ada)).replayed);
        co_await again.get<wire::SnapshotEnd>();
    }

    net::task<> takes_over_an_open_connection() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await told(bob);
        Caller again(loop, manual_clock);
        EXPECT_TRUE((co_await again.resume(port(), ada)).replayed);
        const auto last = co_await ada.last_words();
        const auto* goodbye = last ? std::get_if<wire::Goodbye>(&last->body) : nullptr;
        EXPECT_TRUE(goodbye != nullptr && goodbye->error.code == ErrorCode::replaced);
        co_await say(bob, "still there?");
        EXPECT_EQ((co_await again.get<wire::Text>()).text, "still there?");
        EXPECT_EQ(count_presence(co_await told(bob)), 0U);
    }

    net::task<> silence_is_a_broken_connection() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await told(bob);
        manual_clock.advance(config.limits.silence - std::chrono::seconds(1));
        co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
        manual_clock.advance(std::chrono::seconds(1));
        co_await away(bob);
        Caller again(loop, manual_clock);
        EXPECT_TRUE((co_await again.resume(port(), ada)).replayed);
        EXPECT_EQ(count_presence(co_await told(bob)), 0U);
    }

    net::task<> whoever_says_goodbye_leaves() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        ada.close();
        EXPECT_EQ((co_await bob.get<wire::MemberLeft>()).session, ada.session);
        EXPECT_EQ(server->seats_away(), 0U);
        Caller late(loop, manual_clock);
        co_await late.connect(port());
        co_await refused(late, late.make_resume(ada), ErrorCode::resume_refused);
    }

    net::task<> so_many_may_be_away() {
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller eve(loop, manual_clock);
        co_await enter(eve, "Eve");
        Caller dan(loop, manual_clock);
        co_await enter(dan, "Dan");
        co_await lose(ada, bob);
        manual_clock.advance(std::chrono::milliseconds(1));
        eve.break_off();
        co_await away(bob, 2);
        manual_clock.advance(std::chrono::milliseconds(1));
        dan.break_off();
        EXPECT_EQ((co_await bob.get<wire::MemberLeft>()).session, ada.session);
        EXPECT_EQ(server->seats_away(), 2U);
        Caller again(loop, manual_clock);
        EXPECT_TRUE((co_await again.resume(port(), eve)).replayed);
    }

    /// A text whose answer was lost is said once, and answered as if nothing had been.
    net::task<> nothing_is_said_twice() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        const wire::SendText text{.channel = lobby, .text = "once", .nonce = 77};
        co_await ada.send(text);
        const auto heard = co_await bob.get<wire::Text>();
        co_await lose(ada, bob);
        Caller again(loop, manual_clock);
        co_await again.resume(port(), ada);
        EXPECT_EQ((co_await again.get<wire::Text>()).id, heard.id);
        EXPECT_EQ((co_await again.ask<wire::TextAccepted>(text)).id, heard.id);
        co_await say(bob, "next");
        EXPECT_EQ((co_await bob.get<wire::Text>()).text, "next");
        EXPECT_EQ((co_await again.get<wire::Text>()).text, "next");
    }

    /// In the kernel's buffers, in our outbox, and in the relay's: there may be voice for the tunnel.
    net::task<> tunnelled_voice_is_dropped() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        co_await lose(ada, bob);
        relay.push_down(ada.session, Bytes(50));
        co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
        Caller again(loop, manual_clock);
        co_await again.resume(port(), ada);
        relay.push_down(again.session, Bytes(60));
        EXPECT_EQ((co_await again.get<wire::VoiceTunnel>()).datagram.size(), 60U);
    }

    net::task<> shut_down_while_away() {
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await lose(ada, bob);
    }
};

TEST_F(ResumeTest, ABrokenConnectionIsNotNoticed) { play(comes_back()); }
TEST_F(ResumeTest, WhatWasOnItsWayIsToldAgain) { play(told_but_not_read()); }
TEST_F(ResumeTest, OnlyTheOwnerIsGivenTheSeat) { play(refusals()); }
TEST_F(ResumeTest, ATokenIsGoodOnceItHasArrived) { play(a_token_is_good_once()); }
TEST_F(ResumeTest, ASeatWaitsSoLong) { play(waits_so_long()); }
TEST_F(ResumeTest, AResumeOfZeroKeepsNoSeat) {
    config.limits.resume = Duration{};
    play(is_not_kept());
}
TEST_F(ResumeTest, WhoMissedMoreEventsThanAreKeptGetsASnapshot) {
    config.limits.log_events = 8;
    play(too_much_was_missed());
}
TEST_F(ResumeTest, WhoMissedMoreBytesThanAreReplayedGetsASnapshot) {
    config.limits.replay_bytes = 200;
    play(too_much_was_missed());
}
TEST_F(ResumeTest, WhoHasReadHalfASnapshotGetsAnother) { play(broken_in_the_snapshot()); }
TEST_F(ResumeTest, AnOpenConnectionIsTakenOver) { play(takes_over_an_open_connection()); }
TEST_F(ResumeTest, SilenceIsABrokenConnection) { play(silence_is_a_broken_connection()); }
TEST_F(ResumeTest, WhoSaysGoodbyeLeavesAtOnce) { play(whoever_says_goodbye_leaves()); }
TEST_F(ResumeTest, SoManyMayBeAway) {
    config.limits.seats_away = 2;
    play(so_many_may_be_away());
}
TEST_F(ResumeTest, NothingIsSaidTwice) { play(nothing_is_said_twice()); }
TEST_F(ResumeTest, TunnelledVoiceIsNotKept) { play(tunnelled_voice_is_dropped()); }
TEST_F(ResumeTest, AServerThatEndsKeepsNoSeats) { play(shut_down_while_away()); }

}  // namespace
}  // namespace partyline::control
