// What becomes of a session whose connection breaks: on the same seat, and on another.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/session_fixture.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::lobby;
using test::SessionTest;

// --- on the same seat after a loss -----------------------------------------------------------

TEST_F(SessionTest, WhatWasNotAnsweredIsAskedAgainOnTheSameSeat) {
    enter_lobby();
    session_->say("perhaps");
    const auto asked = told_.sent.back();
    told_.take();
    session_->go_away();
    session_->set_self_state(true, false);
    session_->take(KeyNeed{.speaker = SessionId{2}, .kid = 7});
    clock_.advance(1h);
    session_->tick();
    EXPECT_EQ(told_.take(), "up: closed; down: hear") << "neither pings nor an end by silence";
    session_->come_back({.seq = 3, .replayed = true, .channel = lobby});
    EXPECT_EQ(told_.take(), "> SendText; > SetSelfState");
    EXPECT_EQ(told_.sent[told_.sent.size() - 2], asked);
    EXPECT_EQ(session_->last_seq(), 3U);
    session_->receive({.seq = 4, .body = wire::Text{.name = "ann", .text = "missed"}});
    EXPECT_EQ(told_.take(), "ann: missed");
    EXPECT_EQ(session_->last_seq(), 4U);
    answer(wire::Ok{});
    session_->go_away();
    session_->come_back({.seq = 4, .replayed = true, .channel = lobby});
    EXPECT_EQ(told_.take(), "> SendText") << "what was answered is not";
}

TEST_F(SessionTest, AnAnswerThatWasLostIsNoRefusal) {
    enter_lobby();
    session_->leave();
    session_->go_away();
    session_->come_back({.replayed = true});
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::not_in_room}, .closing = false});
    EXPECT_EQ(told_.take(), "down: clear; up: route 0; down: route 0; out; person me");

    session_->erase(MessageId{1});
    session_->go_away();
    session_->come_back({.replayed = true});
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_text}, .closing = false});
    EXPECT_EQ(told_.take(), "delete done");
}

TEST_F(SessionTest, WhatMustNotBeDoneTwiceIsNotAskedAgain) {
    session_->account(ClaimAccount{.name = "me", .password = "secret"});
    session_->administer(MakeRoom{.name = "Cellar"});
    session_->administer(DeleteRoom{.channel = lobby});
    told_.take();
    session_->go_away();
    EXPECT_EQ(told_.take(), "claim refused 1001; room refused 1001");
    session_->come_back({.replayed = true});
    EXPECT_EQ(told_.take(), "> DeleteChannel");
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_channel}, .closing = false});
    EXPECT_EQ(told_.take(), "?") << "it was done the first time: told as any that is";
}

TEST_F(SessionTest, ARecoveryCodeWhoseAnswerWasLostIsAskedForAgain) {
    session_->account(RenewRecoveryCode{"secret"});
    told_.take();
    session_->go_away();
    EXPECT_EQ(told_.take(), "");
    session_->come_back({.replayed = true});
    EXPECT_EQ(told_.take(), "> RenewRecoveryCode");
    answer(wire::Account{.id = AccountId{3}, .name = "Ada", .recovery_code = "D"});
    EXPECT_EQ(told_.take(), "recovery-code: Ada D");
}

TEST_F(SessionTest, OfAStateThatIsSetWhileAwayTheNewestCounts) {
    session_->go_away();
    for (int i = 0; i < 1000; ++i) {
        session_->set_self_state(i % 2 == 0, false);
        session_->take(LaneChanged{i % 2 == 0 ? Lane::udp : Lane::tunnel});
    }
    told_.take();
    session_->come_back({.replayed = true});
    EXPECT_EQ(told_.take(), "> SetSelfState; > SetVoiceLane");
    EXPECT_FALSE(std::get<wire::SetSelfState>(told_.sent[told_.sent.size() - 2].body).mute);
    EXPECT_EQ(std::get<wire::SetVoiceLane>(told_.sent.back().body).lane, wire::VoiceLane::tunnel);
}

TEST_F(SessionTest, WhoLeavesWhileAwayIsNotHeardFromThenOn) {
    enter_lobby();
    told_.take();
    session_->go_away();
    session_->fall_silent();
    EXPECT_EQ(told_.take(), "up: closed");
    session_->come_back({.replayed = true, .channel = lobby});
    EXPECT_EQ(told_.take(), "");
    session_->leave();
    EXPECT_EQ(told_.take(), "> Leave");
}

TEST_F(SessionTest, AFreshSnapshotShowsWhoAndWhatHasGone) {
    enter_lobby();
    say(wire::PresenceChanged{{presence(3, "bob", {})}, {}});
    told_.take();
    session_->go_away();
    session_->come_back({.seq = 50, .replayed = false, .channel = lobby});
    say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}, {.id = ChannelId{11}, .name = "New"}}});
    say(wire::PresencePage{{presence(1, "me", lobby), presence(4, "cid", lobby)}});
    told_.take();
    say(wire::SnapshotEnd{});
    const auto told = told_.take();
    EXPECT_TRUE(told.starts_with("ann left; bob left; ")) << told;
    EXPECT_NE(told.find("down: -2"), std::string::npos) << told;
    EXPECT_NE(told.find("down: +4"), std::string::npos) << told;
    EXPECT_EQ(session_->model().own_channel(), lobby);
    EXPECT_EQ(session_->model().rooms().size(), 2U);
}

TEST_F(SessionTest, AFreshSnapshotShowsWhereWeAre) {
    enter_lobby();
    told_.take();
    session_->go_away();
    session_->come_back({.route = Route{9}, .replayed = false});
    say(wire::PresencePage{{presence(1, "me", {}), presence(2, "ann", lobby)}});
    told_.take();
    say(wire::SnapshotEnd{});
    EXPECT_NE(told_.take().find("out"), std::string::npos);
    EXPECT_FALSE(session_->model().own_channel());
}

TEST_F(SessionTest, AFreshSnapshotWithAnotherRouteMeansThatWeWereElsewhere) {
    enter_lobby();
    told_.take();
    session_->go_away();
    session_->come_back({.route = Route{9}, .replayed = false, .channel = lobby});
    say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}}});
    say(wire::PresencePage{{presence(1, "me", lobby), presence(2, "ann", lobby)}});
    told_.take();
    say(wire::SnapshotEnd{});
    const auto told = told_.take();
    // As whoever moves: a fresh key before the new route.
    EXPECT_NE(told.find("down: clear"), std::string::npos) << told;
    const auto key = told.find("up: key 3.0");
    ASSERT_NE(key, std::string::npos) << told;
    EXPECT_LT(key, told.find("up: route 9")) << told;
}

// --- back after a loss -----------------------------------------------------------------------

TEST_F(SessionTest, ComesBackAsItWas) {
    enter_lobby();
    session_->set_self_state(true, false);
    session_->take(SpeakingChange{.speaker = SessionId{2}, .speaking = true});
    told_.take();
    // A room that is known by its name alone is found by that.
    come_back({{.id = ChannelId{3}, .name = "Attic"}, {.id = ChannelId{4}, .name = "Lobby"}});
    EXPECT_EQ(told_.take(),
              "2 pauses; connected; voice; up: route 5; down: route 5; rooms; down: hear; > "
              "SetSelfState; > Join");
    EXPECT_EQ(std::get<wire::Join>(told_.sent.back().body).channel, ChannelId{4});
}

TEST_F(SessionTest, WhatWasNotAcceptedIsSaidOnceMore) {
    enter_lobby();
    session_->say("accepted");
    answer(wire::TextAccepted{.id = MessageId{1}});
    session_->say("perhaps");
    const auto nonce = std::get<wire::SendText>(told_.sent.back().body).nonce;
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    session_->say("meanwhile");
    EXPECT_EQ(told_.take(), "connected; voice; up: route 5; down: route 5; rooms; > Join");
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .members = 1});
    const auto told = told_.take();
    EXPECT_TRUE(told.ends_with("> SendText; > SendText")) << told;
    const auto& texts = told_.sent;
    const auto& first = std::get<wire::SendText>(texts[texts.size() - 2].body);
    EXPECT_EQ(first.text, "perhaps");
    EXPECT_EQ(first.nonce, nonce) << "if only the answer was lost, it is not said twice";
    EXPECT_EQ(std::get<wire::SendText>(texts.back().body).text, "meanwhile");
}

TEST_F(SessionTest, ALossOnTheWayBackLosesNothing) {
    enter_lobby();
    session_->say("perhaps");
    session_->set_self_state(false, true);
    for (int i = 0; i < 3; ++i) {
        connect(session_->leave_behind());  // not even a snapshot
    }
    come_back({{.id = lobby, .name = "Lobby"}});
    session_->say("meanwhile");
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(
        told_.take(),
        "connected; voice; up: route 5; down: route 5; rooms; down: deaf; > SetSelfState; > Join");
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .members = 1});
    const auto told = told_.take();
    EXPECT_TRUE(told.ends_with("> SendText; > SendText")) << told;
}

TEST_F(SessionTest, WhatWasMissedIsLookedUp) {
    const auto text = [](std::uint64_t id) {
        return wire::Text{.id = MessageId{id}, .channel = lobby, .name = "ann", .text = "word"};
    };
    enter_lobby();
    say(text(5));
    session_->say("perhaps");
    come_back({{.id = lobby, .name = "Lobby"}});
    told_.take();
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .members = 1});
    const auto told = told_.take();
    EXPECT_NE(told.find("> GetHistory"), std::string::npos) << told;
    const auto asked = std::ranges::find_if(
        told_.sent.rbegin(), told_.sent.rend(), [](const wire::ClientMessage& one) {
            return std::holds_alternative<wire::GetHistory>(one.body);
        });
    ASSERT_NE(asked, told_.sent.rend());
    say(text(9));
    told_.take();
    // What was heard before, and what is told now, was not missed.
    session_->receive({.reply_to = asked->request_id,
                       .body = wire::History{.channel = lobby,
                                             .texts = {text(4), text(5), text(7), text(8), text(9)},
                                             .more = true}});
    EXPECT_EQ(told_.take(), "missed 7 8");
}

TEST_F(SessionTest, WhereTheRoomIsGoneThePersonIsTold) {
    enter_lobby();
    session_->say("perhaps");
    told_.take();
    come_back({{.id = ChannelId{3}, .name = "Attic"}});
    EXPECT_EQ(told_.take(),
              "connected; voice; up: route 5; down: route 5; rooms; out; join refused 11; say "
              "refused 13; > Join");
    answer(wire::Joined{.channel = ChannelId{3}, .route = Route{6}, .members = 1});
    EXPECT_TRUE(told_.take().contains("in 3")) << "in its place";
}

TEST_F(SessionTest, WhereTheRoomIsClosedThePersonIsTold) {
    enter_lobby();
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted}, .closing = false});
    EXPECT_EQ(told_.take(), "out; join refused 19");
    session_->say("hello");
    EXPECT_EQ(told_.take(), "say refused 13");
}

TEST_F(SessionTest, WhatWasAskedBeforeTheLossHolds) {
    session_->join(lobby);
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(told_.take(), "connected; voice; up: route 5; down: route 5; rooms; > Join")
        << "on its way in";
    enter_lobby();
    session_->leave();
    session_->history({}, 10);
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(told_.take(),
              "history refused 1001; connected; voice; up: route 5; down: route 5; rooms; out");
}

}  // namespace
}  // namespace partyline::client
