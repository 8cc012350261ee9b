// Seats that are kept for people who are away, where others want in.
#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

class KeptSeatsTest : public PeopleTest {
protected:
    [[nodiscard]] bool has_seat(const Caller& caller) const {
        return server->model().find(caller.session) != nullptr;
    }
    net::task<> enter_all(Caller& mo, Caller& gus, Caller& otto) {
        co_await enter(mo, "Mo");
        co_await enter(gus, "Gus");
        co_await enter(otto, "Otto");
    }
    /// Until the server has noticed it.
    net::task<> lose(Caller& caller, Caller& other) {
        const auto before = server->seats_away();
        caller.break_off();
        while (server->seats_away() == before) {
            co_await other.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }
    net::task<ErrorCode> refusal_of(std::string name) {
        Caller caller(loop);
        co_return (co_await try_to_enter(caller, std::move(name))).value().code;
    }

    net::task<> pushing_out();
    net::task<> a_share();
    net::task<> coming_back_to_a_share();
};

net::task<> KeptSeatsTest::pushing_out() {
    Caller mo(loop), gus(loop), otto(loop), ada(loop), zoe(loop);
    co_await enter_all(mo, gus, otto);
    co_await lose(otto, mo);
    co_await lose(gus, mo);
    EXPECT_EQ(co_await refusal_of("mo"), ErrorCode::name_taken) << "for which nobody has to go";
    EXPECT_EQ(server->seats_away(), 2U);
    co_await enter(ada, "Ada");
    EXPECT_FALSE(has_seat(otto)) << "who has been away longest";
    EXPECT_TRUE(has_seat(gus));
    co_await enter(zoe, "Zoe");
    EXPECT_FALSE(has_seat(gus));
    EXPECT_EQ(co_await refusal_of("Uma"), ErrorCode::server_full) << "who is here stays";
    Caller back(loop);
    EXPECT_EQ((co_await back.resume_in_vain(port(), gus)).error.code, ErrorCode::resume_refused);
}

net::task<> KeptSeatsTest::a_share() {
    Caller mo(loop), gus(loop), otto(loop), ada(loop);
    co_await enter_all(mo, gus, otto);
    co_await lose(gus, mo);
    co_await lose(otto, mo);
    EXPECT_EQ(server->seats_away(), 2U) << "as many as there may be connections";
    co_await enter(ada, "Ada");
    EXPECT_FALSE(has_seat(gus));
    EXPECT_TRUE(has_seat(otto));
    EXPECT_EQ(server->model().sessions().size(), 3U);
}

net::task<> KeptSeatsTest::coming_back_to_a_share() {
    Caller mo(loop), gus(loop), otto(loop), back(loop);
    co_await enter_all(mo, gus, otto);
    co_await lose(gus, mo);
    co_await lose(otto, mo);
    co_await back.resume(port(), otto);
    EXPECT_TRUE(has_seat(gus)) << "a seat that was there already is no other";
    EXPECT_EQ(server->seats_away(), 1U);
}

TEST_F(KeptSeatsTest, WhoeverIsAwayMakesRoomForWhoeverIsHere) {
    config.limits.sessions = 3;
    play(pushing_out());
}
TEST_F(KeptSeatsTest, AnAddressHasSoManySeatsKeptOrNot) {
    config.limits.connections_per_address = 3;
    play(a_share());
}
TEST_F(KeptSeatsTest, WhoeverComesBackTakesNothingFromOthers) {
    config.limits.connections_per_address = 3;
    play(coming_back_to_a_share());
}

}  // namespace
}  // namespace partyline::control
