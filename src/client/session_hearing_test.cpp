// How people are heard, as they come, go and are set.
#include <gtest/gtest.h>

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
    bool was_told(const std::string& word) { return told_.take().contains(word); }
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

}  // namespace
}  // namespace partyline::client
