#include "client/session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <format>
#include <string>

#include "client/limits.hpp"
#include "client/session_fixture.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::lobby;
using test::Peer;
using test::SessionTest;

TEST_F(SessionTest, EntersARoomAndExchangesKeys) {
    session_->join(lobby);
    EXPECT_EQ(told_.take(), "> Join");
    answer(wire::Joined{.channel = lobby,
                        .channel_epoch = ChannelEpoch{1},
                        .route = Route{6},
                        .frame_ms = 20,
                        .members = 2});
    // The fresh key goes ahead of the route into the new room.
    EXPECT_EQ(told_.take(),
              "in 10; person me; down: clear; up: key 2.0; down: +2; up: key 2.1; up: open; "
              "up: route 6; down: route 6; up: 20 ms; playout; > GetHistory");
    say(wire::MemberKeys{.channel = lobby,
                         .channel_epoch = ChannelEpoch{1},
                         .members = {ann_.member(clock_.unix_ms())},
                         .more = false});
    EXPECT_EQ(told_.take(), "> ShareKeys");
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "capture; ready");
    EXPECT_EQ(session_->model().own_channel(), lobby);
}

TEST_F(SessionTest, PacketsAreAsLongAsTheServerLastAskedFor) {
    enter_lobby();
    told_.take();
    say(wire::MemberJoined{.channel = lobby,
                           .channel_epoch = ChannelEpoch{2},
                           .member = Peer(3).member(clock_.unix_ms()),
                           .frame_ms = 20});
    EXPECT_NE(told_.take().find("up: 20 ms"), std::string::npos);
    say(wire::MemberJoined{.channel = lobby,
                           .channel_epoch = ChannelEpoch{3},
                           .member = Peer(4).member(clock_.unix_ms()),
                           .frame_ms = 20});
    EXPECT_EQ(told_.take().find(" ms"), std::string::npos) << "it is so already";
    say(wire::MemberLeft{.channel = lobby,
                         .channel_epoch = ChannelEpoch{4},
                         .session = SessionId{4},
                         .frame_ms = 10});
    EXPECT_NE(told_.take().find("up: 10 ms"), std::string::npos);
}

TEST_F(SessionTest, TheRoomsBitrateCapIsKept) {
    say(wire::ChannelsChanged{
        .channels = {{.id = lobby, .name = "Lobby", .bitrate_bps_max = 16'000}}});
    told_.take();
    enter_lobby();
    EXPECT_NE(told_.take().find("up: 16000 bit/s"), std::string::npos);
    say(wire::ChannelsChanged{
        .channels = {{.id = lobby, .name = "Lobby", .bitrate_bps_max = 24'000}}});
    EXPECT_EQ(told_.take(), "rooms; up: 24000 bit/s");
    session_->leave();
    answer(wire::Ok{});
    enter_lobby();
    EXPECT_EQ(told_.take().find("bit/s"), std::string::npos) << "as before";
}

TEST_F(SessionTest, APasswordIsTakenAlongToTheNextConnection) {
    const auto sent = [&] { return std::get<wire::Join>(told_.sent.back().body).password; };
    session_->join(lobby, "sesame");
    EXPECT_EQ(sent(), "sesame");
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(sent(), "sesame") << "on our way";
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .frame_ms = 10, .members = 1});
    session_->join(lobby, "wrong");
    answer(wire::Refusal{.error = {.code = ErrorCode::bad_password}});
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(sent(), "sesame") << "that it was entered with";
}

TEST_F(SessionTest, ModeratorsAskAndAreTold) {
    session_->administer(Kick{.session = SessionId{2}, .reason = "loud"});
    EXPECT_EQ(std::get<wire::Kick>(told_.sent.back().body),
              (wire::Kick{.session = SessionId{2}, .reason = "loud"}));
    answer(wire::Ok{});
    session_->administer(Ban{.session = SessionId{2}, .of_identity = true, .seconds = 60});
    EXPECT_EQ(std::get<wire::AddBan>(told_.sent.back().body),
              (wire::AddBan{.session = SessionId{2}, .of_identity = true, .seconds = 60}));
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted}});
    session_->administer(Silence{.session = SessionId{2}, .deafen = true});
    EXPECT_TRUE(std::get<wire::SetServerMute>(told_.sent.back().body).deafen);
    answer(wire::Ok{});
    session_->administer(ReadAudit{.before = 9, .entries = 5});
    EXPECT_EQ(std::get<wire::GetAudit>(told_.sent.back().body),
              (wire::GetAudit{.before = 9, .entries = 5}));
    EXPECT_EQ(told_.take(), "> Kick; ?; > AddBan; ban refused 19; > SetServerMute; ?; > GetAudit");
}

TEST_F(SessionTest, SoundBeginsOnce) {
    enter_lobby();
    told_.take();
    clock_.advance(1s);
    say(wire::MemberJoined{.channel = lobby,
                           .channel_epoch = ChannelEpoch{2},
                           .member = Peer(3).member(clock_.unix_ms())});
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "person session 3; down: +3; up: key 2.2; > ShareKeys; ready");
}

TEST_F(SessionTest, LeavingShutsTheMicrophoneAtOnce) {
    enter_lobby();
    told_.take();
    session_->leave();
    EXPECT_EQ(told_.take(), "up: closed; > Leave");
    answer(wire::Moved{.route = Route{9}});
    EXPECT_EQ(told_.take(), "down: clear; up: route 9; down: route 9; out; person me");
    EXPECT_FALSE(session_->model().own_channel());
}

TEST_F(SessionTest, WhomTheServerMovesIsThereWithAFreshKey) {
    enter_lobby();
    told_.take();
    const ChannelId den{11};
    say(wire::ChannelsChanged{.channels = {{.id = den, .name = "Den"}}, .gone = {}});
    say(wire::Moved{.channel = den,
                    .channel_epoch = ChannelEpoch{4},
                    .route = Route{7},
                    .frame_ms = 10,
                    .members = 1});
    const auto told = told_.take();
    EXPECT_TRUE(told.starts_with("rooms; in 11; ")) << told;
    const auto key = told.find("up: key 3.0");
    EXPECT_NE(key, std::string::npos) << told;
    EXPECT_LT(key, told.find("up: route 7")) << "the fresh key goes ahead of the route";
    EXPECT_EQ(session_->model().own_channel(), den);
    say(wire::ChannelsChanged{.channels = {}, .gone = {lobby}});
    EXPECT_EQ(session_->model().rooms().size(), 1U);
    say(wire::Moved{});
    EXPECT_NE(told_.take().find("down: route 0; out"), std::string::npos);
    EXPECT_FALSE(session_->model().own_channel());
}

TEST_F(SessionTest, ARefusedLeaveOpensItAgain) {
    enter_lobby();
    told_.take();
    session_->leave();
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::rate_limited}, .closing = false});
    EXPECT_EQ(told_.take(), "up: open; leave refused 14");
}

TEST_F(SessionTest, ALeaveThatOvertakesTheAnswerToAJoinStillCounts) {
    session_->join(lobby);
    const auto join = told_.sent.back().request_id;
    session_->leave();
    told_.take();
    session_->receive({.reply_to = join,
                       .body = wire::Joined{.channel = lobby,
                                            .channel_epoch = ChannelEpoch{1},
                                            .route = Route{6},
                                            .frame_ms = 10,
                                            .members = 2}});
    EXPECT_EQ(told_.take().find("open"), std::string::npos);
}

TEST_F(SessionTest, MuteAndDeafenActBeforeTheServerKnows) {
    enter_lobby();
    told_.take();
    session_->set_self_state(true, false);
    EXPECT_EQ(told_.take(), "up: closed; down: hear; > SetSelfState");
    session_->set_self_state(false, true);
    EXPECT_EQ(told_.take(), "down: deaf; > SetSelfState");
    EXPECT_EQ(std::get<wire::SetSelfState>(told_.sent.back().body),
              (wire::SetSelfState{.mute = true, .deafen = true}));
    session_->set_self_state(false, false);
    EXPECT_EQ(told_.take(), "up: open; down: hear; > SetSelfState");
}

TEST_F(SessionTest, TheLaneIsJudgedWhenTheServerSaysThatSomebodyTalks) {
    enter_lobby();
    told_.take();
    auto talking = presence(2, "", lobby);
    talking.speaking = true;
    say(wire::PresenceChanged{.sessions = {talking}, .gone = {}});
    EXPECT_EQ(told_.take(), "down: talk") << "though nothing of it was heard";
    session_->leave();
    answer(wire::Ok{});
    EXPECT_NE(told_.take().find("down: no talk"), std::string::npos);
}

TEST_F(SessionTest, NothingIsSealedForNobody) {
    enter_lobby();
    told_.take();
    say(wire::PresenceChanged{.sessions = {}, .gone = {SessionId{2}}});
    EXPECT_EQ(told_.take(), "ann left; down: -2; down: forget 2; up: closed");
}

TEST_F(SessionTest, TextGoesToTheRoomOneIsIn) {
    session_->say("hello");
    EXPECT_EQ(told_.take(), "say refused 13");
    enter_lobby();
    told_.take();
    session_->say("hello");
    EXPECT_EQ(told_.take(), "> SendText");
    EXPECT_EQ(std::get<wire::SendText>(told_.sent.back().body).channel, lobby);
    answer(wire::Refusal{.error = {.code = ErrorCode::too_large}, .closing = false});
    EXPECT_EQ(told_.take(), "say refused 3");
    say(wire::Text{.id = MessageId{1}, .channel = lobby, .name = "ann", .text = "hi"});
    EXPECT_EQ(told_.take(), "ann: hi");
}

TEST_F(SessionTest, AnAccountsCommandsAreAskedAndTheirAnswersTold) {
    session_->account(ClaimAccount{.name = "Ada", .password = "secret", .label = "desk"});
    EXPECT_EQ(told_.sent.back().body, (wire::ClientBody{wire::ClaimAccount{
                                          .name = "Ada", .password = "secret", .label = "desk"}}));
    answer(wire::Account{.id = AccountId{3}, .name = "Ada", .recovery_code = "C"});
    session_->account(ListDevices{});
    answer(wire::Devices{.account = AccountId{3},
                         .name = "Ada",
                         .owner = true,
                         .devices = {{.identity = to_bytes(self_.identity.public_key()),
                                      .label = "desk",
                                      .linked_unix_ms = 5}}});
    session_->account(UnlinkDevice{.device = to_base64url(self_.identity.public_key())});
    EXPECT_EQ(told_.sent.back().body,
              (wire::ClientBody{wire::UnlinkDevice{
                  .identity = to_bytes(self_.identity.public_key()), .name = {}}}));
    answer(wire::Ok{});
    session_->account(LinkDevice{.name = "Ada", .secret = "wrong"});
    answer(wire::Refusal{.error = {.code = ErrorCode::bad_password}});
    session_->account(BecomeOwner{"T"});
    answer(wire::Ok{});
    session_->account(RenewRecoveryCode{"secret"});
    EXPECT_EQ(told_.sent.back().body, (wire::ClientBody{wire::RenewRecoveryCode{"secret"}}));
    answer(wire::Account{.id = AccountId{3}, .name = "Ada", .recovery_code = "D"});
    const auto sent = told_.sent.size();
    session_->account(UnlinkDevice{.device = "no device"});
    EXPECT_EQ(told_.sent.size(), sent);
    EXPECT_EQ(told_.take(),
              "> ClaimAccount; claim: Ada C; > ListDevices; Ada owns 1, own; > UnlinkDevice; "
              "unlink done; > LinkDevice; link refused 26; > BecomeOwner; owner done; "
              "> RenewRecoveryCode; recovery-code: Ada D; "
              "unlink refused 2");
}

TEST_F(SessionTest, WhatIsBeyondTheLimitsIsRefusedAndNotSent) {
    enter_lobby();
    told_.take();
    const auto sent = told_.sent.size();
    session_->say(std::string(wire::text_bytes_max + 1, 'x'));
    session_->say(std::string(wire::frame_bytes_max, 'x'));
    session_->say("\xff\xfe");
    session_->edit(MessageId{1}, std::string(wire::text_bytes_max + 1, 'x'));
    session_->join(lobby, std::string(wire::password_bytes_max + 1, 'x'));
    session_->account(BecomeOwner{"\xc3"});
    session_->account(ClaimAccount{.name = std::string(wire::name_code_points_max + 1, 'n'),
                                   .password = "long enough"});
    EXPECT_EQ(told_.sent.size(), sent);
    EXPECT_EQ(told_.take(),
              "say refused 3; say refused 3; say refused 2; edit refused 3; join refused 3; "
              "owner refused 2; claim refused 3");
    session_->say(std::string(wire::text_bytes_max, 'x'));
    EXPECT_EQ(told_.take(), "> SendText") << "at the limit, and nothing waits for ever";
}

TEST_F(SessionTest, WhatIsBeyondTheServersOwnLimitsIsRefusedAndNotSent) {
    limits_.text_bytes = 10;
    come_in();
    enter_lobby();
    told_.take();
    session_->say(std::string(11, 'x'));
    session_->edit(MessageId{1}, std::string(11, 'x'));
    EXPECT_EQ(told_.take(), "say refused 3; edit refused 3");
    session_->say(std::string(10, 'x'));
    EXPECT_EQ(told_.take(), "> SendText");
}

TEST_F(SessionTest, EachRequestHasANumberOfItsOwn) {
    session_->join(ChannelId{99});
    session_->say("x");
    session_->set_self_state(true, false);
    EXPECT_GT(told_.sent[0].request_id, login_request_id);
    EXPECT_GT(told_.sent[1].request_id, told_.sent[0].request_id);
    told_.take();
    // Answers in another order, and one that answers nothing.
    session_->receive({.reply_to = told_.sent[1].request_id, .body = wire::Ok{}});
    session_->receive(
        {.reply_to = told_.sent[0].request_id,
         .body = wire::Refusal{.error = {.code = ErrorCode::unknown_channel}, .closing = false}});
    session_->receive({.reply_to = 12345, .body = wire::Ok{}});
    EXPECT_EQ(told_.take(), "join refused 11");
}

TEST_F(SessionTest, ReportsOfTheVoiceThreads) {
    enter_lobby();
    told_.take();
    session_->take(LaneChanged{Lane::udp});
    EXPECT_EQ(told_.take(), "> SetVoiceLane; udp");
    EXPECT_EQ(std::get<wire::SetVoiceLane>(told_.sent.back().body).lane, wire::VoiceLane::udp);
    session_->take(SpurtChanged{true});
    EXPECT_EQ(told_.take(), "1 speaks");
    session_->take(SpeakingChange{.speaker = SessionId{2}, .speaking = true});
    EXPECT_EQ(told_.take(), "2 speaks");
    session_->take(KeyNeed{.speaker = SessionId{2}, .kid = 7});
    EXPECT_EQ(told_.take(), "> KeyRequest");
    session_->take(
        VoiceLowered{{.echo_passed_by = true, .noise_lowered_to = NoiseSuppression::light}});
    EXPECT_EQ(told_.take(), "voice lowered to 1 and no echo cancelled");
    session_->take(VoiceLowered{});
    EXPECT_EQ(told_.take(), "voice lowered to 3") << "as much as was asked for";
}

TEST_F(SessionTest, WhoLeavesIsHeardNoMoreThoughPresenceLags) {
    enter_lobby();
    told_.take();
    say(wire::MemberLeft{
        .channel = lobby, .channel_epoch = ChannelEpoch{2}, .session = SessionId{2}});
    EXPECT_EQ(told_.take(), "down: -2; up: closed");
    say(wire::PresenceChanged{.sessions = {presence(3, "bob", {})}, .gone = {}});
    EXPECT_EQ(told_.take(), "person bob") << "ann, still shown in the room, is no member";
}

TEST_F(SessionTest, PingsAndGivesUpAfterALongSilence) {
    const auto tick_until = [&](TimePoint end) {
        while (session_->next_tick() <= end) {
            clock_.set(std::max(clock_.now(), session_->next_tick()));
            session_->tick();
            clock_.advance(1ms);
        }
        clock_.set(end);
    };
    const auto start = clock_.now();
    tick_until(start + control_ping_interval - 1ms);
    EXPECT_EQ(told_.take(), "");
    tick_until(start + 2 * control_ping_interval + 1s);
    EXPECT_EQ(told_.take(), "> ControlPing; > ControlPing");
    const auto heard = clock_.now();
    answer(wire::ControlPong{});
    tick_until(heard + control_silence_max - 1ms);
    EXPECT_EQ(told_.take(), "> ControlPing; > ControlPing");
    clock_.set(heard + control_silence_max);
    session_->tick();
    EXPECT_EQ(told_.take(), "end 18");
}

TEST_F(SessionTest, TheDeviceIsRenewedDaily) {
    const auto pass = [&](Duration time) {
        clock_.advance(time);
        say(wire::PresenceChanged{});  // the line is not dead
        session_->tick();
        return told_.take();
    };
    EXPECT_EQ(pass(device_renewal_interval - 1ms), "> ControlPing");
    EXPECT_EQ(pass(1ms), "> RenewDevice");
    EXPECT_EQ(pass(device_renewal_interval - 1ms), "> ControlPing");
    EXPECT_EQ(pass(1ms), "> RenewDevice");
}

TEST_F(SessionTest, SoManyRequestsMayWaitForAnswersAndNoMore) {
    enter_lobby();
    told_.take();
    told_.sent.clear();
    const auto is_asked = [this] {
        session_->history(MessageId{}, 1);
        const auto told = told_.take();
        EXPECT_TRUE(
            told == "> GetHistory" ||
            told == std::format("history refused {}", static_cast<int>(ErrorCode::rate_limited)))
            << told;
        return told.starts_with('>');
    };
    std::size_t asked = 0;
    while (asked <= requests_outstanding_max && is_asked()) {
        ++asked;
    }
    // Some of what joining brought may have no answer here.
    EXPECT_LE(asked, requests_outstanding_max);
    EXPECT_GT(asked, requests_outstanding_max - 8);
    EXPECT_FALSE(is_asked());
    answer(wire::History{.channel = lobby, .texts = {}});
    told_.take();
    EXPECT_TRUE(is_asked()) << "one was answered";
    EXPECT_FALSE(is_asked());
}

TEST_F(SessionTest, GoodbyeAndAClosingRefusalEndIt) {
    say(wire::Goodbye{{.code = ErrorCode::shutting_down}});
    EXPECT_EQ(told_.take(), "end 17");
    say(wire::Refusal{.error = {.code = ErrorCode::malformed}, .closing = true});
    EXPECT_EQ(told_.take(), "end 2");
    say(wire::Refusal{.error = {.code = ErrorCode::malformed}, .closing = false});
    EXPECT_EQ(told_.take(), "");
}

}  // namespace
}  // namespace partyline::client
