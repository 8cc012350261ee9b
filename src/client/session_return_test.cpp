// What a person is told when they are back: of texts and rooms, each thing once.

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/session_return_fixture.hpp"

namespace partyline::client {
namespace {

using test::SessionReturn;

// --- texts -----------------------------------------------------------------------------------

TEST_F(SessionReturn, WhatWasMissedIsLookedUpThoughNothingWasHeardBefore) {
    enter(lobby);
    EXPECT_EQ(sent<wire::GetHistory>().messages, 1U) << "how far the texts go";
    answer_history(history({5}));
    EXPECT_EQ(told(), "in 10 ") << "what is old is no news";
    come_back_anew();
    answer_history(history({4, 5, 7, 8}));
    EXPECT_EQ(told(), "in 10 missed 7 8 ");
    come_back_anew();
    answer_history(history({5, 7, 8, 9}));
    EXPECT_EQ(told(), "in 10 missed 9 ") << "after two losses in a row";
}

TEST_F(SessionReturn, InARoomWithoutTextsTheFirstIsMissedToo) {
    enter(lobby);
    answer_history(history({}));
    come_back_anew();
    answer_history(history({1}));
    EXPECT_EQ(told(), "in 10 in 10 missed 1 ");
}

TEST_F(SessionReturn, WhatCouldNotBeLookedUpIsLookedUpTheNextTime) {
    enter(lobby);
    answer_history(history({5}));
    come_back_anew();
    answer(wire::Refusal{.error = {.code = ErrorCode::store_failed}});
    come_back_anew();
    answer_history(history({5, 6}));
    EXPECT_EQ(told(), "in 10 in 10 in 10 missed 6 ");
}

TEST_F(SessionReturn, OnTheSameSeatWhatWasMissedIsToldOnce) {
    enter(lobby);
    answer_history(history({5}));
    told();
    come_back_to(lobby, 6);
    const auto first = noted.sent.back().request_id;
    come_back_to(lobby, 6);
    const auto second = noted.sent.back().request_id;
    session->receive({.reply_to = first, .body = history({5, 6})});
    session->receive({.reply_to = second, .body = history({5, 6})});
    EXPECT_EQ(told(), "missed 6 ");
}

TEST_F(SessionReturn, OfAnotherRoomNothingIsMissed) {
    enter(lobby);
    answer_history(history({5}));
    enter(den);
    EXPECT_EQ(sent<wire::GetHistory>(), (wire::GetHistory{.channel = den, .messages = 1}));
    session->leave();
    answer(wire::Ok{});
    const auto estate = session->leave_behind();
    EXPECT_FALSE(estate.told_to);
}

// --- rooms -----------------------------------------------------------------------------------

TEST_F(SessionReturn, ALeaveWhoseAnswerWasLostIsToldOnce) {
    enter(lobby);
    meet(3);
    EXPECT_EQ(std::exchange(noted.opened, {}), std::vector{true});
    session->leave();
    EXPECT_EQ(std::exchange(noted.opened, {}), std::vector{false});
    noted.sent.clear();
    told();
    come_back_to({}, 9);
    EXPECT_EQ(told(), "out ");
    EXPECT_EQ(sent_count<wire::Leave>(), 0U);
    EXPECT_EQ(noted.opened, std::vector<bool>{}) << "not one more word goes out";
    enter(lobby);
    meet(4);
    EXPECT_EQ(noted.opened, std::vector{true});
}

TEST_F(SessionReturn, AJoinWhoseAnswerWasLostIsToldOnce) {
    enter(lobby);
    session->join(den, "sesame");
    noted.sent.clear();
    told();
    come_back_to(den, 9);
    EXPECT_EQ(told(), "in 11 ");
    EXPECT_EQ(sent_count<wire::Join>(), 0U);
    const auto estate = session->leave_behind();
    EXPECT_EQ(estate.room, std::vector<std::string>{"Den"});
    EXPECT_EQ(estate.room_password, "sesame");
}

TEST_F(SessionReturn, AJoinThatNeverArrivedIsAskedAgain) {
    enter(lobby);
    answer_history(history({5}));
    session->join(den);
    told();
    come_back_to(lobby, 6);
    EXPECT_EQ(told(), "");
    ASSERT_EQ(sent_count<wire::Join>(), 3U);
    const auto again = std::ranges::find_if(
        noted.sent.rbegin(), noted.sent.rend(),
        [](const auto& message) { return std::holds_alternative<wire::Join>(message.body); });
    session->receive({.reply_to = again->request_id, .body = joined(den, 7)});
    EXPECT_EQ(told(), "in 11 ");
}

TEST_F(SessionReturn, WhoWasMovedOnTheirWayIsWhereTheyWantedToBe) {
    enter(lobby);
    session->join(den);
    const auto asked = noted.sent.back().request_id;
    told();
    come_back_to({}, 9);
    EXPECT_EQ(told(), "moved out ");
    session->receive({.reply_to = asked, .body = joined(den, 7)});
    EXPECT_EQ(told(), "in 11 ");
    EXPECT_EQ(session->leave_behind().room, std::vector<std::string>{"Den"});
}

TEST_F(SessionReturn, WhoseWayBackWasSeenOnlyInTheSnapshotSaysWhatWaited) {
    enter(lobby);
    session->say("perhaps");
    connect(session->leave_behind(), rooms);
    noted.sent.clear();
    told();
    come_back_to(lobby, 9);
    EXPECT_EQ(told(), "in 10 ");
    EXPECT_EQ(sent<wire::SendText>().text, "perhaps");
}

TEST_F(SessionReturn, ALeaveFromNowhereIsRefused) {
    session->leave();
    come_back_to({}, 9);
    answer_to<wire::Leave>(wire::Refusal{.error = {.code = ErrorCode::not_in_room}});
    EXPECT_EQ(told(), "leave refused ");
}

TEST_F(SessionReturn, WhoWasMovedOutIsNotToldOfTheirLeaveOnceMore) {
    enter(lobby);
    session->leave();
    const auto asked = noted.sent.back().request_id;
    session->go_away();
    session->come_back({.replayed = true, .channel = {}});
    told();
    say(wire::Moved{});
    session->receive(
        {.reply_to = asked, .body = wire::Refusal{.error = {.code = ErrorCode::not_in_room}}});
    EXPECT_EQ(told(), "moved out leave refused ");
}

// --- what was not done -----------------------------------------------------------------------

TEST_F(SessionReturn, WhatIsLeftBehindIsKnownToBeSentOrNot) {
    enter(lobby);
    session->say("asked");
    session->letters(
        WriteLetter{.to = {.session = {}, .account = "Zoë", .device = {}}, .text = "written"});
    connect(session->leave_behind(), rooms);
    session->say("waits for the room");
    auto estate = session->leave_behind();
    ASSERT_EQ(estate.unsaid.size(), 2U);
    EXPECT_EQ(estate.unsaid[0].sent, Sent::perhaps) << "on the connection before";
    EXPECT_EQ(estate.unsaid[1].sent, Sent::no);
    ASSERT_EQ(estate.letters.size(), 1U);
    EXPECT_EQ(estate.letters[0].sent, Sent::on_its_way) << "once more";
    connect(std::move(estate), rooms);
    answer(joined(lobby));
    estate = session->leave_behind();
    EXPECT_EQ(estate.unsaid[0].sent, Sent::on_its_way);
    EXPECT_EQ(estate.unsaid[1].sent, Sent::on_its_way);
}

TEST_F(SessionReturn, WhatWasSentBeforeTheSeatWasLostMayHaveArrived) {
    enter(lobby);
    session->say("asked");
    session->go_away();
    EXPECT_EQ(session->leave_behind().unsaid.at(0).sent, Sent::perhaps);
}

TEST_F(SessionReturn, AMoveThatHasNoAnswerIsRemembered) {
    enter(lobby);
    session->join(den);
    auto estate = session->leave_behind();
    EXPECT_EQ(estate.moving, "join");
    connect(std::move(estate), rooms);
    estate = session->leave_behind();
    EXPECT_EQ(estate.moving, "join") << "still on the way";
    connect(std::move(estate), rooms);
    answer(joined(den));
    EXPECT_EQ(session->leave_behind().moving, "") << "there";
}

TEST_F(SessionReturn, WhoseRecoveryCodeMayBeLostIsToldSo) {
    session->account(ClaimAccount{.name = "Ada", .password = "secret"});
    session->go_away();
    const auto& claim = noted.last<Refused>();
    EXPECT_EQ(claim.command, "claim");
    EXPECT_TRUE(claim.error.message.contains("recovery code")) << claim.error.message;
    session->come_back({.replayed = true});
    session->administer(MakeRoom{.name = "Cellar"});
    session->go_away();
    EXPECT_FALSE(noted.last<Refused>().error.message.contains("recovery code"));
}

}  // namespace
}  // namespace partyline::client
