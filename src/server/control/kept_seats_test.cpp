// Seats that are kept for people who are away, where others want in.
#include <format>
#include <memory>

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
    net::task<> who_keeps_order_comes_in();
    net::task<> so_many_keep_order();
    net::task<> taking_their_own_seat_anew();

    /// Without being refused.
    net::task<bool> comes_in(Caller& caller, std::string account) {
        try {
            co_await enter(caller, std::move(account));
        } catch (const Unexpected&) {
            co_return false;
        }
        co_return true;
    }
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

net::task<> KeptSeatsTest::who_keeps_order_comes_in() {
    Caller gus(loop), otto(loop), mem(loop), mo(loop), adam(loop), ada(loop), watch(loop);
    co_await enter(gus, "Gus");
    co_await enter(otto, "Otto");
    EXPECT_EQ(co_await refusal_of("Uma"), ErrorCode::server_full);
    EXPECT_FALSE(co_await comes_in(mem, "Mem")) << "an account alone is not enough";
    EXPECT_TRUE(co_await comes_in(mo, "Mo"));
    EXPECT_TRUE(co_await comes_in(adam, "Adam"));
    EXPECT_TRUE(co_await comes_in(watch, "Watch")) << "who may ban, and nothing else";
    EXPECT_TRUE(co_await comes_in(ada, "Ada"));
    EXPECT_TRUE(has_seat(gus) && has_seat(otto)) << "and nobody has to go for them";
    EXPECT_EQ(co_await refusal_of("Uma"), ErrorCode::server_full) << "their seats are theirs";
    co_await mo.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = "room, please"});
    EXPECT_FALSE(has_seat(gus));
}

net::task<> KeptSeatsTest::so_many_keep_order() {
    Caller gus(loop);
    co_await enter(gus, "Gus");
    std::vector<std::unique_ptr<Caller>> keepers;
    for (std::size_t i = 0; i < order_seats; ++i) {
        keepers.push_back(std::make_unique<Caller>(loop));
        EXPECT_TRUE(co_await comes_in(*keepers.back(), std::format("Keeper {}", i))) << i;
    }
    Caller late(loop);
    EXPECT_FALSE(co_await comes_in(late, std::format("Keeper {}", order_seats)));
    // Somebody of theirs who is away makes room for them, and for nobody else.
    co_await lose(*keepers.front(), gus);
    EXPECT_EQ(co_await refusal_of("Uma"), ErrorCode::server_full);
    EXPECT_EQ(server->seats_away(), 1U);
    Caller later(loop);
    EXPECT_TRUE(co_await comes_in(later, std::format("Keeper {}", order_seats + 1)));
    EXPECT_EQ(server->seats_away(), 0U);
    EXPECT_TRUE(has_seat(gus));
}

net::task<> KeptSeatsTest::taking_their_own_seat_anew() {
    Caller mem(loop), mo(loop), again(loop);
    co_await enter(mem, "Mem");
    EXPECT_TRUE(co_await comes_in(mo, "Mo")) << "beside the one seat there is";
    EXPECT_TRUE(co_await comes_in(again, "Mem")) << "with a talkie that was started once more";
    EXPECT_FALSE(has_seat(mem));
    EXPECT_TRUE(has_seat(again) && has_seat(mo));
    EXPECT_EQ(co_await refusal_of("Uma"), ErrorCode::server_full);
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
TEST_F(KeptSeatsTest, AFullServerLetsInWhoCanSendOthersAway) {
    config.limits.sessions = 2;
    auto& records = store.remembered;
    const RoleId watch{records.last_role.value + 1};
    records.roles.push_back(
        {.id = watch, .name = "Watch", .rank = 50, .grants = {room::Permission::ban}});
    records.last_role = watch;
    add("Watch", {watch});
    play(who_keeps_order_comes_in());
}
TEST_F(KeptSeatsTest, SoManySeatsAreForThoseWhoKeepOrder) {
    config.limits.sessions = 1;
    for (std::size_t i = 0; i < order_seats + 2; ++i) {
        add(std::format("Keeper {}", i), {room::moderator_role});
    }
    play(so_many_keep_order());
}
TEST_F(KeptSeatsTest, WhoHasASeatTakesItAnewThoughMoreAreHereThanMayBe) {
    config.limits.sessions = 1;
    play(taking_their_own_seat_anew());
}

}  // namespace
}  // namespace partyline::control
