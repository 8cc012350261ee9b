// The switchboard as a program: how it ends, and what is left of it.

#include <gtest/gtest.h>
#include <signal.h>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

using ServerProgram = TalkTest;

TEST_F(ServerProgram, SigtermEndsItInOrder) {
    const auto alice = enter({.name = "alice", .more = {"--once"}});
    EXPECT_EQ(server_->stop(), 0);
    EXPECT_EQ(alice->wait("disconnected")["code"], "shutting_down");
    EXPECT_EQ(alice->process().wait(), 5);
}

TEST_F(ServerProgram, ItsIdentityOutlivesIt) {
    const auto before = server_->fingerprint();
    EXPECT_EQ(server_->stop(), 0);
    start_server({});
    EXPECT_EQ(server_->fingerprint(), before);
}

TEST_F(ServerProgram, ACrashIsNoticedByTheTalkies) {
    const auto alice = enter({.name = "alice", .more = {"--once"}});
    server_->process().signal(SIGKILL);
    alice->wait("disconnected");
    EXPECT_EQ(alice->process().wait(), 5);
}

TEST_F(ServerProgram, TalkiesLeaveInOrderOnSignals) {
    const auto bob = enter({.name = "bob"});
    for (const int number : {SIGINT, SIGTERM}) {
        const auto alice = enter({.name = "alice"});
        const auto mark = bob->mark();
        alice->process().signal(number);
        EXPECT_EQ(alice->process().wait(), 0);
        EXPECT_EQ(bob->wait("person_left", nullptr, mark)["name"], "alice");
    }
}

}  // namespace
}  // namespace partyline::integration
