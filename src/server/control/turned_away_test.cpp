// Who is not let in: a few are told why, and all others are hung up on.
#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class TurnedAwayTest : public ServerTest {
protected:
    TurnedAwayTest() {
        clock = &manual_clock;
        config.limits.silence = std::chrono::hours(1);
        config.limits.handshake = config.limits.login = std::chrono::hours(1);
    }

    net::task<> are_told_why() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop, manual_clock);
        EXPECT_EQ(co_await bob.turned_away(port()),
                  (Error{.code = ErrorCode::server_full,
                         .message = "The server does not let you in now: too many connections from "
                                    "one address."}));
        const auto& figures = server->figures();
        EXPECT_EQ(figures.accepted.get(), 1U);
        EXPECT_EQ(figures.turned_away.get(), 1U);
        EXPECT_EQ(server->admission().connections(), 1U);
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    }

    net::task<> are_told_when() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop, manual_clock);
        EXPECT_EQ(
            co_await bob.turned_away(port()),
            (Error{.code = ErrorCode::rate_limited,
                   .message = "The server does not let you in now: too many arrivals from one "
                              "address.",
                   .retry_ms = 4000}));
        manual_clock.advance(std::chrono::seconds(4));
        Caller again(loop, manual_clock);
        co_await again.log_in(port(), "Bob");
    }

    net::task<> are_told_only_so_often() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        for (int i = 0; i < 2; ++i) {
            Caller told(loop, manual_clock);
            EXPECT_EQ((co_await told.turned_away(port())).code, ErrorCode::server_full);
        }
        Caller untold(loop, manual_clock);
        EXPECT_TRUE(co_await untold.hung_up_on(port()));
        manual_clock.advance(std::chrono::seconds(1));
        Caller later(loop, manual_clock);
        EXPECT_EQ((co_await later.turned_away(port())).code, ErrorCode::server_full);
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    }
};

TEST_F(TurnedAwayTest, AreToldWhy) {
    config.limits.connections_per_address = 1;
    play(are_told_why());
}
TEST_F(TurnedAwayTest, AreToldWhenToComeBack) {
    config.limits.arrivals_per_address = {.per_second = 0.25, .burst = 1};
    play(are_told_when());
}
TEST_F(TurnedAwayTest, AreToldOnlySoOften) {
    config.limits.connections_per_address = 1;
    config.limits.told = {.per_second = 1, .burst = 2};
    play(are_told_only_so_often());
}

TEST(TurnedAway, OnlySoManyAreToldAtATime) {
    Admission admission({.told_at_once = 2, .told = {.per_second = 1, .burst = 3}}, TimePoint{});
    auto first = admission.admit_to_be_told(TimePoint{});
    auto second = admission.admit_to_be_told(TimePoint{});
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(admission.admit_to_be_told(TimePoint{}));
    EXPECT_EQ(admission.connections(), 0U) << "they take nobody's place";
    EXPECT_EQ(admission.unauthenticated(), 0U);
    const auto moved = std::move(*first);
    first.reset();
    EXPECT_FALSE(admission.admit_to_be_told(TimePoint{}));
    second.reset();
    const auto third = admission.admit_to_be_told(TimePoint{});
    EXPECT_TRUE(third);
}

}  // namespace
}  // namespace partyline::control
