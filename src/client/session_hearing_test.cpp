// How people are heard, as they come, go and are set.
#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <string>
#include <utility>

#include "client/session_fixture.hpp"

namespace partyline::client {
namespace {

using SessionHearingTest = test::SessionTest;

class InTheLobby : public SessionHearingTest {
protected:
    InTheLobby() {
        session_->join(test::lobby);
        answer(
            wire::Joined{.channel = test::lobby, .channel_epoch = ChannelEpoch{2}, .members = 2});
        told_.take();
    }
    void meet_ann() {
        say(wire::MemberKeys{.channel = test::lobby,
                             .channel_epoch = ChannelEpoch{2},
                             .members = {ann_.member(clock_.unix_ms())}});
    }
    void show_ann(bool priority, std::string account = {}) {
        auto ann = presence(2, "ann", test::lobby);
        ann.priority = priority;
        ann.account = std::move(account);
        say(wire::PresenceChanged{.sessions = {ann}});
    }
    /// In an earlier run.
    void mute_anns_device() {
        ASSERT_TRUE(volumes_.set(volume_owner(ann_.identity.public_key()), {.muted = true}));
    }
    wire::WhisperMembers whisper_members() {
        return {.stream = StreamId{1},
                .epoch = ChannelEpoch{1},
                .members = {ann_.member(clock_.unix_ms())}};
    }
    bool was_told(const std::string& word) { return told_.take().contains(word); }
    void have_priority() {
        session_->set_priority(true);
        answer(wire::Ok{});
        told_.take();
        told_.sent.clear();
    }
    /// On another seat, which the server lets into the lobby.
    void come_back_to_the_lobby() {
        come_back({{.id = test::lobby, .name = "Lobby"}});
        told_.take();
        const auto join = std::ranges::find_if(
            told_.sent.rbegin(), told_.sent.rend(),
            [](const auto& message) { return std::holds_alternative<wire::Join>(message.body); });
        ASSERT_NE(join, told_.sent.rend());
        session_->receive({.reply_to = join->request_id,
                           .body = wire::Joined{.channel = test::lobby,
                                                .channel_epoch = ChannelEpoch{2},
                                                .route = Route{7},
                                                .frame_ms = 10,
                                                .members = 2}});
    }
    /// What SetPriority was asked with since asked last, and answers it.
    std::string priority_asked(const wire::ServerBody& answer) {
        std::string asked;
        for (const auto& message : std::exchange(told_.sent, {})) {
            if (const auto* priority = std::get_if<wire::SetPriority>(&message.body)) {
                asked += priority->on ? "on" : "off";
                session_->receive({.reply_to = message.request_id, .body = answer});
            }
        }
        return asked;
    }
};

TEST_F(InTheLobby, AVolumeNeedsSomebodyWhomItCanBeKeptFor) {
    session_->set_volume(ann_.session, {.gain_db = -20});
    EXPECT_EQ(told_.take(),
              std::format("volume refused {}", static_cast<int>(ErrorCode::not_in_room)));
    session_->set_volume(self_.session, {.gain_db = -20});
    session_->set_volume(SessionId{99}, {.gain_db = -20});
    session_->set_volume(ann_.session, {.gain_db = volume_db_max + 1});
    EXPECT_EQ(told_.take(),
              std::format("volume refused {0}; volume refused {0}; volume refused {1}",
                          static_cast<int>(ErrorCode::unknown_session),
                          static_cast<int>(ErrorCode::malformed)));
}

TEST_F(InTheLobby, AGuestIsKnownByTheirDeviceUnderWhateverNameTheyComeBack) {
    meet_ann();
    told_.take();
    session_->set_volume(ann_.session, {.gain_db = -20});
    EXPECT_EQ(told_.take(), "down: 2 at 0.10; person ann");
    EXPECT_EQ(session_->model().person(ann_.session)->volume.gain_db, -20);
    session_->set_volume(ann_.session, {.gain_db = -20});
    EXPECT_EQ(told_.take(), "") << "as it was";
    session_->set_volume(ann_.session, {.gain_db = -20, .muted = true});
    EXPECT_EQ(told_.take(), "down: 2 at 0.00; person ann");

    // Another session with us, where ann is somebody else by name.
    come_back({{.id = test::lobby, .name = "Lobby"}});
    say(wire::PresencePage{{presence(2, "queen", test::lobby)}});
    session_->join(test::lobby);
    answer(wire::Joined{.channel = test::lobby, .channel_epoch = ChannelEpoch{2}, .members = 2});
    told_.take();
    meet_ann();
    EXPECT_TRUE(was_told("down: 2 at 0.00"));
    EXPECT_TRUE(session_->model().person(ann_.session)->volume.muted);
}

TEST_F(InTheLobby, AnAccountIsKnownInWhateverRoom) {
    show_ann(false, "Ann");
    told_.take();
    session_->set_volume(ann_.session, {.gain_db = 6});
    EXPECT_EQ(told_.take(), "down: 2 at 2.00; person ann");
    show_ann(false, "");
    EXPECT_TRUE(was_told("down: 2 at 1.00")) << "they are no longer who that was for";
    show_ann(false, "Ann");
    EXPECT_TRUE(was_told("down: 2 at 2.00"));
}

TEST_F(InTheLobby, WhatADeviceHadEndsWhenItsAccountIsSetAnew) {
    meet_ann();
    session_->set_volume(ann_.session, {.gain_db = -20});
    told_.take();
    show_ann(false, "Ann");
    EXPECT_EQ(session_->model().person(ann_.session)->volume.gain_db, -20);
    session_->set_volume(ann_.session, {});
    EXPECT_TRUE(was_told("down: 2 at 1.00"));
}

TEST_F(InTheLobby, WhatADeviceHadEndsWhereverItsAccountIsSetAnew) {
    meet_ann();
    session_->set_volume(ann_.session, {.muted = true});
    // Later, when she has an account and is where we do not learn her device.
    come_back({{.id = test::lobby, .name = "Lobby"}});
    auto ann = presence(2, "ann", {});
    ann.account = "Ann";
    say(wire::PresencePage{{ann}});
    session_->set_volume(ann_.session, {});
    session_->join(test::lobby);
    answer(wire::Joined{.channel = test::lobby, .channel_epoch = ChannelEpoch{2}, .members = 2});
    show_ann(false, "Ann");
    told_.take();
    meet_ann();
    EXPECT_FALSE(was_told("down: 2")) << "she is heard as she was set last";
    EXPECT_EQ(session_->model().person(ann_.session)->volume, Volume{});
    show_ann(false);
    EXPECT_TRUE(was_told("down: 2 at 0.00")) << "as a guest she is whom we muted";
}

TEST_F(InTheLobby, WhoIsKnownByAWhisperIsHeardAsTheyWereSet) {
    mute_anns_device();
    session_->whisper(SetWhisper{.stream = StreamId{1}, .sessions = {ann_.session}});
    answer(whisper_members());
    EXPECT_TRUE(was_told("down: 2 at 0.00")) << "no room may tell of her device any more";
    EXPECT_TRUE(session_->model().person(ann_.session)->volume.muted);
}

TEST_F(InTheLobby, WhoComesIntoASetIsHeardAsTheyWereSet) {
    session_->whisper(SetWhisper{.stream = StreamId{1}, .channels = {test::lobby}});
    answer(wire::WhisperMembers{.stream = StreamId{1}, .epoch = ChannelEpoch{1}, .members = {}});
    mute_anns_device();
    say(wire::WhisperChanged{.stream = StreamId{1},
                             .epoch = ChannelEpoch{2},
                             .joined = {ann_.member(clock_.unix_ms())},
                             .left = {}});
    EXPECT_TRUE(was_told("down: 2 at 0.00"));
}

TEST_F(InTheLobby, WhoIsShownOnlyAsTheyComeInIsHeardAsTheyWereSet) {
    mute_anns_device();
    come_back_to_the_lobby();  // where ann is not shown
    session_->whisper(SetWhisper{.stream = StreamId{1}, .sessions = {ann_.session}});
    answer(whisper_members());
    told_.take();
    say(wire::MemberJoined{.channel = test::lobby,
                           .channel_epoch = ChannelEpoch{3},
                           .member = ann_.member(clock_.unix_ms()),
                           .frame_ms = 10});
    EXPECT_TRUE(was_told("down: 2 at 0.00"));
}

TEST_F(InTheLobby, WhoSpeaksAboveOthersTheServerSays) {
    show_ann(true);
    EXPECT_TRUE(was_told("down: 2 at 1.00 above others"));
    EXPECT_TRUE(session_->model().person(ann_.session)->priority);
    show_ann(true);
    EXPECT_EQ(told_.take(), "");
    show_ann(false);
    EXPECT_TRUE(was_told("down: 2 at 1.00"));
}

TEST_F(InTheLobby, PriorityIsAskedOfTheServer) {
    session_->set_priority(true);
    EXPECT_EQ(std::get<wire::SetPriority>(told_.sent.back().body), wire::SetPriority{.on = true});
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "> SetPriority; priority done");
    session_->set_priority(true);
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "no"}});
    EXPECT_EQ(told_.take(), std::format("> SetPriority; priority refused {}",
                                        static_cast<int>(ErrorCode::not_permitted)));
}

TEST_F(InTheLobby, PriorityIsAskedForAgainOnAnotherSeatWithoutAWord) {
    have_priority();
    for (int loss = 0; loss < 2; ++loss) {
        come_back_to_the_lobby();
        EXPECT_EQ(priority_asked(wire::Ok{}), "on") << loss;
        EXPECT_FALSE(was_told("priority done")) << "nobody has asked for it just now";
    }
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Refusal{.error = {.code = ErrorCode::not_permitted}}), "on");
    EXPECT_FALSE(was_told("priority refused"));
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "") << "they may not have it any more";
}

TEST_F(InTheLobby, PriorityThatIsNotAnsweredIsAskedForOnTheNextSeat) {
    have_priority();
    come_back_to_the_lobby();
    told_.sent.clear();  // and it is lost again
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "on");
}

TEST_F(InTheLobby, PriorityThatWasGivenUpOrTakenIsNotAskedForAgain) {
    have_priority();
    session_->set_priority(false);
    answer(wire::Ok{});
    told_.sent.clear();
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "");

    have_priority();
    auto me = presence(1, "me", test::lobby);
    say(wire::PresenceChanged{.sessions = {me}});  // a moderator has taken the permission
    told_.sent.clear();
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "");
}

TEST_F(InTheLobby, PriorityThatIsGivenUpIsSoWhetherOrNotTheServerHasAnswered) {
    have_priority();
    session_->set_priority(false);
    told_.sent.clear();  // it is not answered
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "");

    // The answer to an older wish changes nothing.
    session_->set_priority(true);
    const auto first = told_.sent.back().request_id;
    session_->set_priority(false);
    session_->receive({.reply_to = first, .body = wire::Ok{}});
    told_.sent.clear();
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "");
}

TEST_F(InTheLobby, PriorityEndsWithTheRoom) {
    have_priority();
    session_->join(ChannelId{11});
    answer(wire::Joined{.channel = ChannelId{11},
                        .channel_epoch = ChannelEpoch{1},
                        .route = Route{8},
                        .frame_ms = 10,
                        .members = 1});
    session_->join(test::lobby);
    answer(wire::Joined{.channel = test::lobby,
                        .channel_epoch = ChannelEpoch{3},
                        .route = Route{9},
                        .frame_ms = 10,
                        .members = 2});
    told_.sent.clear();
    come_back_to_the_lobby();
    EXPECT_EQ(priority_asked(wire::Ok{}), "");
}

TEST_F(InTheLobby, PriorityIsAskedForOnlyInTheRoomItWasFor) {
    have_priority();
    come_back({{.id = ChannelId{12}, .name = "Another"}});
    EXPECT_EQ(priority_asked(wire::Ok{}), "") << "the lobby is not there any more";
    session_->join(ChannelId{12});
    answer(wire::Joined{.channel = ChannelId{12},
                        .channel_epoch = ChannelEpoch{1},
                        .route = Route{8},
                        .frame_ms = 10,
                        .members = 1});
    EXPECT_EQ(priority_asked(wire::Ok{}), "");
}

}  // namespace
}  // namespace partyline::client
