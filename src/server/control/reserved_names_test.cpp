// Names that are kept for those who look after the server, as talkies meet them.
#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

class ReservedNamesTest : public PeopleTest {
protected:
    net::task<ErrorCode> login_of(Caller& caller, std::string name) {
        const auto hello = co_await caller.connect(port());
        const auto refusal =
            co_await caller.ask<wire::Refusal>(caller.make_login({.name = std::move(name)}, hello));
        EXPECT_TRUE(refusal.closing);
        EXPECT_FALSE(refusal.error.message.empty());
        co_return refusal.error.code;
    }

    net::task<> refused() {
        Caller gus(loop), otto(loop), ada(loop), zoe(loop);
        EXPECT_EQ(co_await login_of(gus, "aDMIN"), ErrorCode::name_taken);
        EXPECT_EQ(co_await login_of(otto, "Mem"), ErrorCode::name_taken)
            << "an account's, though nobody is here";
        co_await enter(ada, "Ada", "Admin");
        co_await enter(zoe, "Zoe");
        EXPECT_EQ(co_await outcome(
                      zoe, wire::ClaimAccount{.name = "Server", .password = "correct horse"}),
                  ErrorCode::name_taken);
        EXPECT_TRUE(store.applied.empty());
    }
    net::task<> of_its_own() {
        Caller gus(loop), otto(loop);
        co_await enter(gus, "Admin");
        EXPECT_EQ(co_await login_of(otto, "the dean"), ErrorCode::name_taken);
    }
};

TEST_F(ReservedNamesTest, NobodyElseSpeaksForTheServer) { play(refused()); }
TEST_F(ReservedNamesTest, AServerHasAListOfItsOwn) {
    config.reserved_names = {"The Dean"};
    play(of_its_own());
}

}  // namespace
}  // namespace partyline::control
