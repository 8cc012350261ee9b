// When a session may record its room, and from when on no more.
#include <gtest/gtest.h>

#include "client/session_fixture.hpp"

namespace partyline::client::test {
namespace {

class RecordingSession : public SessionTest {
protected:
    RecordingSession() {
        enter_lobby();
        told_.take();
        told_.sent.clear();
    }
    void begin() {
        session_->record(true);
        answer(wire::Ok{});
        say(wire::PresenceChanged{.sessions = {own(true)}, .gone = {}});
        told_.take();
    }
    static wire::Presence own(bool recording, ChannelId channel = lobby) {
        auto me = presence(1, {}, channel);
        me.recording = recording;
        return me;
    }
};

TEST_F(RecordingSession, ItBeginsWhenEverybodyHasBeenTold) {
    session_->record(true);
    EXPECT_EQ(told_.take(), "> SetRecording");
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "") << "nobody has seen it yet";
    say(wire::PresenceChanged{.sessions = {presence(4, "eve", lobby)}, .gone = {}});
    EXPECT_EQ(told_.take().find("record"), std::string::npos) << "others come meanwhile";
    say(wire::PresenceChanged{.sessions = {own(true)}, .gone = {}});
    EXPECT_NE(told_.take().find("may record"), std::string::npos);
    session_->record(false);
    EXPECT_EQ(told_.take(), "> SetRecording");
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "");
}

TEST_F(RecordingSession, ARefusalIsTold) {
    session_->record(true);
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "no"}});
    EXPECT_EQ(told_.take(), "may not record; record refused 19");
    say(wire::PresenceChanged{.sessions = {own(false)}, .gone = {}});
    EXPECT_EQ(told_.take(), "");
}

TEST_F(RecordingSession, WhatWasTakenBackBeforeTheAnswerDoesNotBegin) {
    session_->record(true);
    const auto asked = told_.sent.back().request_id;
    session_->record(false);
    told_.take();
    session_->receive({.reply_to = asked, .body = wire::Ok{}});
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "");
}

TEST_F(RecordingSession, ThePermissionIsLost) {
    begin();
    say(wire::PresenceChanged{.sessions = {own(false)}, .gone = {}});
    EXPECT_EQ(told_.take(), "person me; > SetRecording; may not record");
}

TEST_F(RecordingSession, AWishWhosePermissionIsLostBeforeAnybodySeesItIsRefused) {
    session_->record(true);
    say(wire::PresenceChanged{.sessions = {own(false)}, .gone = {}});
    EXPECT_EQ(told_.take().find("refused"), std::string::npos) << "of before the answer";
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "");
    say(wire::PresenceChanged{.sessions = {own(false)}, .gone = {}});
    EXPECT_NE(told_.take().find("> SetRecording; may not record; record refused 19"),
              std::string::npos);
    answer(wire::Ok{});
    // It can be asked for again.
    session_->record(true);
    answer(wire::Ok{});
    say(wire::PresenceChanged{.sessions = {own(true)}, .gone = {}});
    EXPECT_NE(told_.take().find("may record"), std::string::npos);
}

TEST_F(RecordingSession, OnlyTheAnswerToTheLastWishCounts) {
    session_->record(true);
    const auto first = told_.sent.back().request_id;
    session_->record(false);
    const auto second = told_.sent.back().request_id;
    session_->record(true);
    session_->receive({.reply_to = first, .body = wire::Ok{}});
    say(wire::PresenceChanged{.sessions = {own(false)}, .gone = {}});  // as the second left it
    session_->receive({.reply_to = second, .body = wire::Ok{}});
    EXPECT_EQ(told_.take().find("refused"), std::string::npos);
    answer(wire::Ok{});
    say(wire::PresenceChanged{.sessions = {own(true)}, .gone = {}});
    EXPECT_NE(told_.take().find("may record"), std::string::npos);
}

TEST_F(RecordingSession, TheRefusalOfAnOlderWishIsNotThatOfANewer) {
    session_->record(true);
    const auto first = told_.sent.back().request_id;
    session_->record(false);
    const auto second = told_.sent.back().request_id;
    session_->record(true);
    told_.take();
    session_->receive(
        {.reply_to = first,
         .body = wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "no"}}});
    EXPECT_EQ(told_.take(), "record refused 19");
    session_->receive({.reply_to = second, .body = wire::Ok{}});
    answer(wire::Ok{});
    say(wire::PresenceChanged{.sessions = {own(true)}, .gone = {}});
    EXPECT_NE(told_.take().find("may record"), std::string::npos);
}

TEST_F(RecordingSession, AWishThatTheNextRoomOvertakesIsRefused) {
    session_->record(true);
    told_.take();
    say(wire::Moved{.channel = ChannelId{11},
                    .channel_epoch = ChannelEpoch{1},
                    .route = Route{8},
                    .frame_ms = 10,
                    .members = 1});
    EXPECT_NE(told_.take().find("may not record; record refused"), std::string::npos);
}

TEST_F(RecordingSession, ItEndsWithTheRoom) {
    begin();
    session_->leave();
    told_.take();
    answer(wire::Moved{.route = Route{9}});
    EXPECT_NE(told_.take().find("> SetRecording; may not record"), std::string::npos);
    EXPECT_EQ(std::get<wire::SetRecording>(told_.sent.back().body), wire::SetRecording{false});
}

TEST_F(RecordingSession, ItEndsWhenOneIsMoved) {
    begin();
    say(wire::Moved{.channel = ChannelId{11},
                    .channel_epoch = ChannelEpoch{1},
                    .route = Route{8},
                    .frame_ms = 10,
                    .members = 1});
    EXPECT_NE(told_.take().find("may not record"), std::string::npos);
}

TEST_F(RecordingSession, ItGoesOnWhereOneStays) {
    begin();
    session_->join(lobby);
    answer(wire::Joined{.channel = lobby,
                        .channel_epoch = ChannelEpoch{1},
                        .route = Route{6},
                        .frame_ms = 10,
                        .members = 2});
    EXPECT_EQ(told_.take().find("may not record"), std::string::npos);
}

TEST_F(RecordingSession, OthersAreSeenToRecord) {
    auto ann = presence(2, {}, lobby);
    ann.recording = true;
    say(wire::PresenceChanged{.sessions = {ann}, .gone = {}});
    EXPECT_TRUE(session_->model().person(SessionId{2})->recording);
    EXPECT_EQ(told_.take(), "person ann; ann records");
}

}  // namespace
}  // namespace partyline::client::test
