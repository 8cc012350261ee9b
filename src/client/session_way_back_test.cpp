// After a restart of the server: back to one's room though the server has no time at first, or to
// another where that one is not to be had.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/limits.hpp"
#include "client/session_return_fixture.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::SessionReturn;

class SessionWayBack : public SessionReturn {
protected:
    static wire::Refusal refusal(ErrorCode code, std::uint32_t retry_ms = 0) {
        return {.error = {.code = code, .message = {}, .retry_ms = retry_ms}};
    }
    static std::vector<wire::Channel> rooms_and(const wire::Channel& one) {
        auto all = rooms;
        all.push_back(one);
        return all;
    }
    /// The server has these rooms from now on.
    void restart(std::vector<wire::Channel> now) {
        auto estate = session->leave_behind();
        noted.sent.clear();
        told();
        connect(std::move(estate), std::move(now));
    }
    /// Back to the lobby, with something to say there, but too many come at once.
    void wait_at_the_door() {
        session->join(lobby, "sesame");
        answer(joined(lobby));
        session->say("perhaps");
        restart(rooms);
        answer_to<wire::Join>(refusal(ErrorCode::rate_limited, 1000));
        EXPECT_EQ(told(), "") << "nobody is told that they are out";
        EXPECT_EQ(joins(), 1U);
    }
    /// Back to the tent, which ends before there is a place for us.
    void wait_for_a_room_that_ends() {
        connect({}, rooms_and(tent_in_the_den));
        enter(tent);
        session->say("perhaps");
        restart(rooms_and(tent_in_the_den));
        EXPECT_EQ(last_join(), join_of(tent));
        answer_to<wire::Join>(refusal(ErrorCode::rate_limited, 1000));
        say(wire::ChannelsChanged{.channels = {}, .gone = {tent}});
        EXPECT_EQ(told(), "");
    }
    /// The connection holds meanwhile.
    void wait(Duration time) {
        clock.advance(time);
        say(wire::ControlPong{});
        session->tick();
    }
    [[nodiscard]] std::size_t joins() const { return sent_count<wire::Join>(); }
    [[nodiscard]] wire::Join last_join() const {
        wire::Join last;
        for (const auto& message : noted.sent) {
            if (const auto* join = std::get_if<wire::Join>(&message.body)) {
                last = *join;
            }
        }
        return last;
    }
    static wire::Join join_of(ChannelId room, std::string password = {}) {
        return {.channel = room, .password = std::move(password)};
    }

    const ChannelId tent{12};
    const wire::Channel tent_in_the_den{
        .id = tent, .parent = den, .name = "Tent", .topic = {}, .icon = {}, .temporary = true};
};

TEST_F(SessionWayBack, WhoIsNotLetInYetAsksAgain) {
    wait_at_the_door();
    session->say("meanwhile");
    wait(999ms);
    EXPECT_EQ(joins(), 1U) << "as long as the server has said";
    EXPECT_LE(session->next_tick(), clock.now() + 501ms);
    wait(501ms);
    EXPECT_EQ(joins(), 2U);
    EXPECT_EQ(last_join(), join_of(lobby, "sesame"));
    answer_to<wire::Join>(refusal(ErrorCode::store_failed));
    wait(499ms);
    EXPECT_EQ(joins(), 2U) << "less and less often";
    wait(501ms);
    EXPECT_EQ(joins(), 3U);
    answer_to<wire::Join>(joined(lobby));
    EXPECT_EQ(told(), "in 10 ");
    EXPECT_EQ(sent_count<wire::SendText>(), 2U);
    EXPECT_EQ(sent<wire::SendText>().text, "meanwhile");
    wait(1min);
    EXPECT_EQ(joins(), 3U);
}

TEST_F(SessionWayBack, WhoIsLostWhileTheyWaitHasLostNothing) {
    wait_at_the_door();
    session->go_away();
    session->come_back({.replayed = true});
    wait(2s);
    EXPECT_EQ(joins(), 2U) << "on the same seat";
    answer_to<wire::Join>(refusal(ErrorCode::rate_limited, 1000));
    restart(rooms);
    EXPECT_EQ(last_join(), join_of(lobby, "sesame")) << "on another";
    answer_to<wire::Join>(joined(lobby));
    EXPECT_EQ(told(), "in 10 ");
    EXPECT_EQ(sent<wire::SendText>().text, "perhaps");
}

TEST_F(SessionWayBack, WhoGoesElsewhereIsNotTakenBack) {
    wait_at_the_door();
    session->join(den);
    EXPECT_EQ(told(), "say refused out ");
    answer_to<wire::Join>(joined(den));
    wait(1min);
    EXPECT_EQ(told(), "in 11 ");
    EXPECT_EQ(joins(), 2U);
}

TEST_F(SessionWayBack, WhoHasAskedToBeElsewhereBeforeTheRefusalIsNotTakenBack) {
    wait_at_the_door();
    wait(2s);
    const auto back = noted.sent.back().request_id;
    session->join(den);
    session->receive({.reply_to = back, .body = refusal(ErrorCode::rate_limited, 1000)});
    EXPECT_EQ(told(), "say refused out ");
    answer_to<wire::Join>(joined(den));
    wait(1min);
    EXPECT_EQ(told(), "in 11 ");
    EXPECT_EQ(session->leave_behind().room, std::vector<std::string>{"Den"});
}

TEST_F(SessionWayBack, WhoIsElsewhereBeforeTheRefusalStaysThere) {
    for (const auto code : {ErrorCode::bad_password, ErrorCode::rate_limited}) {
        wait_at_the_door();
        wait(2s);
        const auto back = noted.sent.back().request_id;
        session->join(den);
        answer_to<wire::Join>(joined(den));
        session->receive({.reply_to = back, .body = refusal(code)});
        wait(1min);
        EXPECT_EQ(told(), "in 11 say refused ");
        EXPECT_EQ(joins(), 3U);
    }
}

TEST_F(SessionWayBack, WhoLeavesMeanwhileIsOut) {
    wait_at_the_door();
    session->leave();
    wait(1min);
    EXPECT_EQ(told(), "say refused out ");
    EXPECT_EQ(joins(), 1U);
    EXPECT_EQ(sent_count<wire::Leave>(), 0U) << "the server has us in no room";
    EXPECT_TRUE(session->leave_behind().room.empty());
}

TEST_F(SessionWayBack, WhoLeavesBeforeTheyAreRefusedIsToldOnceThatTheyAreOut) {
    session->join(lobby, "sesame");
    answer(joined(lobby));
    restart(rooms);
    session->leave();
    answer_to<wire::Join>(refusal(ErrorCode::rate_limited, 1000));
    EXPECT_EQ(told(), "out ");
    answer_to<wire::Leave>(refusal(ErrorCode::not_in_room));
    EXPECT_EQ(told(), "");
    session->leave();
    answer_to<wire::Leave>(refusal(ErrorCode::not_in_room));
    EXPECT_EQ(told(), "leave refused ") << "of a room that nobody thought to be in";
    wait(1min);
    EXPECT_EQ(joins(), 1U);
}

TEST_F(SessionWayBack, WhoLeavesBeforeTheyAreBackIsOutOnce) {
    session->join(lobby, "sesame");
    answer(joined(lobby));
    restart(rooms);
    session->leave();
    answer_to<wire::Join>(joined(lobby));
    answer_to<wire::Leave>(wire::Moved{.route = Route{9}});
    EXPECT_EQ(told(), "in 10 out ");
}

TEST_F(SessionWayBack, WhoIsMovedMeanwhileStaysThere) {
    wait_at_the_door();
    say(wire::Moved{.channel = den, .route = Route{7}});
    wait(1min);
    EXPECT_EQ(told(), "say refused moved 11 ");
    EXPECT_EQ(joins(), 1U);
    EXPECT_EQ(session->leave_behind().room, std::vector<std::string>{"Den"});
}

TEST_F(SessionWayBack, WhoIsMovedBeforeTheRefusalIsAtHomeThere) {
    for (const auto code : {ErrorCode::bad_password, ErrorCode::rate_limited}) {
        wait_at_the_door();
        wait(2s);
        EXPECT_EQ(joins(), 2U) << "they ask once more";
        say(wire::Moved{.channel = den, .route = Route{7}});
        answer_to<wire::Join>(refusal(code));
        wait(1min);
        EXPECT_EQ(told(), "moved 11 say refused ");
        EXPECT_EQ(joins(), 2U);
        restart(rooms);
        EXPECT_EQ(last_join(), join_of(den)) << "after another loss";
        answer_to<wire::Join>(joined(den));
    }
}

TEST_F(SessionWayBack, WhoIsMovedToWhereTheyWaitForIsBack) {
    wait_at_the_door();
    say(wire::Moved{.channel = lobby, .route = Route{7}});
    EXPECT_EQ(told(), "moved 10 ");
    EXPECT_EQ(sent<wire::SendText>().text, "perhaps");
    wait(1min);
    EXPECT_EQ(joins(), 1U);
}

/// A password takes the server its time: one a second, when those at the beginning are in.
TEST_F(SessionWayBack, AllBehindOneAddressAreLetIn) {
    constexpr std::size_t many = 80;
    constexpr int steps_max = 1200;
    double places = 50;
    std::vector<std::unique_ptr<test::NotedSession>> people;
    for (std::uint32_t number = 1; number <= many; ++number) {
        Estate estate;
        estate.again = estate.in_room = true;
        estate.room = {"Lobby"};
        people.push_back(std::make_unique<test::NotedSession>(number));
        people.back()->noted.sent.clear();
        people.back()->connect(std::move(estate), rooms);
    }
    std::size_t home = 0;
    std::size_t asked = 0;
    for (int step = 0; home < many && step < steps_max; ++step) {
        places += 0.1;
        for (const auto& one : people) {
            one->clock.advance(100ms);
            one->say(wire::ControlPong{});
            one->session->tick();
            for (const auto& message : std::exchange(one->noted.sent, {})) {
                if (!std::holds_alternative<wire::Join>(message.body)) {
                    continue;
                }
                ++asked;
                wire::ServerBody answer = refusal(ErrorCode::rate_limited, 1000);
                if (places >= 1) {
                    places -= 1;
                    ++home;
                    answer = joined(lobby);
                }
                one->session->receive({.reply_to = message.request_id, .body = std::move(answer)});
            }
        }
    }
    EXPECT_EQ(home, many);
    EXPECT_LE(asked, 10 * many);
}

// --- another room ----------------------------------------------------------------------------

TEST_F(SessionWayBack, WhoseTemporaryRoomIsGoneGoesToTheRoomAboveIt) {
    connect({}, rooms_and(tent_in_the_den));
    enter(tent);
    session->say("perhaps");
    restart(rooms);
    EXPECT_EQ(told(), "out join refused say refused ");
    EXPECT_EQ(last_join(), join_of(den));
    session->say("to the tent");
    answer_to<wire::Join>(joined(den));
    EXPECT_EQ(told(), "say refused moved 11 ");
    EXPECT_EQ(sent_count<wire::SendText>(), 0U) << "it was for others";
}

TEST_F(SessionWayBack, WhoseRoomEndsWhileTheyWaitGoesToTheRoomAboveIt) {
    wait_for_a_room_that_ends();
    wait(2s);
    answer_to<wire::Join>(refusal(ErrorCode::unknown_channel));
    EXPECT_EQ(told(), "out join refused say refused ");
    EXPECT_EQ(last_join(), join_of(den));
    answer_to<wire::Join>(joined(den));
    EXPECT_EQ(told(), "moved 11 ");
}

TEST_F(SessionWayBack, WhoseRoomEndsWhileTheyWaitIsToldSoAfterAnotherLoss) {
    wait_for_a_room_that_ends();
    restart(rooms);
    EXPECT_EQ(told(), "out join refused say refused ");
    EXPECT_EQ(last_join(), join_of(den));
}

TEST_F(SessionWayBack, WhereTheRoomAboveIsClosedTheFirstThatLetsThemInIsTheirs) {
    connect({}, rooms_and(tent_in_the_den));
    enter(tent);
    restart(rooms);
    answer_to<wire::Join>(refusal(ErrorCode::not_permitted));
    EXPECT_EQ(last_join(), join_of(lobby));
    answer_to<wire::Join>(refusal(ErrorCode::rate_limited, 1000));
    wait(2s);
    EXPECT_EQ(joins(), 3U);
    answer_to<wire::Join>(joined(lobby));
    EXPECT_EQ(told(), "out join refused moved 10 ") << "and why is told once";
}

TEST_F(SessionWayBack, WhoIsSeenInAnotherRoomOnlyInTheSnapshotIsMovedThere) {
    connect({}, rooms_and(tent_in_the_den));
    enter(tent);
    restart(rooms);
    EXPECT_EQ(told(), "out join refused ");
    come_back_to(den, 9);
    EXPECT_EQ(told(), "moved 11 ");
    wait(1min);
    EXPECT_EQ(joins(), 1U);
    session->say("to the den");
    EXPECT_EQ(sent<wire::SendText>().text, "to the den");
}

TEST_F(SessionWayBack, WhoIsSeenOnlyInTheSnapshotWhereTheyWentMeanwhileIsNotOnTheirWayBack) {
    enter(lobby);
    session->say("perhaps");
    restart(rooms);
    session->join(den);
    come_back_to(den, 9);
    EXPECT_EQ(told(), "say refused in 11 ");
    EXPECT_EQ(sent_count<wire::SendText>(), 0U) << "it was for others";
    session->say("to the den");
    EXPECT_EQ(sent<wire::SendText>().text, "to the den");
}

TEST_F(SessionWayBack, WhoseRoomIsClosedGoesToAnother) {
    enter(den);
    restart(rooms);
    answer_to<wire::Join>(refusal(ErrorCode::not_permitted));
    EXPECT_EQ(told(), "out join refused ");
    answer_to<wire::Join>(refusal(ErrorCode::room_full));
    EXPECT_EQ(told(), "");
    EXPECT_EQ(joins(), 2U) << "there is no other";
    EXPECT_TRUE(session->leave_behind().room.empty());
}

TEST_F(SessionWayBack, WhoIsLostOnTheWayToAnotherRoomIsToldOnce) {
    for (const bool waits : {false, true}) {
        connect({}, rooms_and(tent_in_the_den));
        enter(tent);
        restart(rooms);
        EXPECT_EQ(told(), "out join refused ");
        EXPECT_EQ(last_join(), join_of(den));
        if (waits) {
            answer_to<wire::Join>(refusal(ErrorCode::rate_limited, 1000));
        }
        restart(rooms);
        EXPECT_EQ(last_join(), join_of(den)) << "in place of theirs, as before";
        answer_to<wire::Join>(refusal(ErrorCode::not_permitted));
        EXPECT_EQ(told(), "") << "why they are not in theirs is known";
        EXPECT_EQ(last_join(), join_of(lobby));
        restart({{.id = lobby, .name = "Hall"}, {.id = den, .name = "Den"}});
        answer_to<wire::Join>(joined(lobby));
        EXPECT_EQ(told(), "moved 10 ");
    }
}

TEST_F(SessionWayBack, WhoIsLostOnTheWayToAnotherRoomAndHasAskedForOneGoesThere) {
    enter(den);
    restart(rooms);
    answer_to<wire::Join>(refusal(ErrorCode::not_permitted));
    EXPECT_EQ(last_join(), join_of(lobby));
    session->join(lobby);
    restart(rooms);
    answer_to<wire::Join>(joined(lobby));
    EXPECT_EQ(told(), "in 10 ");
}

TEST_F(SessionWayBack, WhoWasOnlyOnTheirWayInIsPutInNoOther) {
    session->join(den);
    restart(rooms);
    answer_to<wire::Join>(refusal(ErrorCode::not_permitted));
    EXPECT_EQ(told(), "join refused ");
    EXPECT_EQ(joins(), 1U);
}

TEST_F(SessionWayBack, ARoomThatLastsIsFoundUnderAnotherNameElsewhere) {
    enter(den);
    restart({{.id = lobby, .name = "Hall"}, {.id = den, .parent = lobby, .name = "Cave"}});
    EXPECT_EQ(last_join(), join_of(den));
    answer_to<wire::Join>(joined(den));
    EXPECT_EQ(told(), "in 11 ");
}

TEST_F(SessionWayBack, TheNumberOfATemporaryRoomMayBeAnothersByNow) {
    connect({}, rooms_and(tent_in_the_den));
    enter(tent);
    restart(rooms_and({.id = tent, .name = "Vault"}));
    EXPECT_EQ(last_join(), join_of(den));
}

TEST_F(SessionWayBack, SoManyOtherRoomsAreAskedFor) {
    enter(lobby);
    std::vector<wire::Channel> others;
    for (std::uint32_t i = 0; i <= other_rooms_max; ++i) {
        others.push_back({.id = ChannelId{100 + i}, .name = std::format("Room {}", i)});
    }
    others[0].password = true;
    others.push_back({.id = ChannelId{200}, .name = "One more"});
    restart(std::move(others));
    for (std::size_t asked = 1; asked <= other_rooms_max; ++asked) {
        ASSERT_EQ(joins(), asked);
        EXPECT_EQ(last_join(), join_of(ChannelId{100 + static_cast<std::uint32_t>(asked)}))
            << "but for the one that asks for a password";
        answer_to<wire::Join>(refusal(ErrorCode::room_full));
    }
    EXPECT_EQ(joins(), other_rooms_max);
    EXPECT_EQ(told(), "out join refused ");
}

}  // namespace
}  // namespace partyline::client
