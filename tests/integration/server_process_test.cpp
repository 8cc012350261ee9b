// The switchboard as a program: how it starts, refuses to, and ends.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

using harness::Process;
using harness::server_command;

class ServerProgram : public TalkTest {
protected:
    /// The one line that a server which cannot start has to say.
    std::string complaint(const harness::ServerOptions& options) {
        Process server(server_command(scratch_, options));
        EXPECT_EQ(server.wait(), 1);
        const auto errors = server.errors();
        EXPECT_EQ(std::ranges::count(errors, '\n'), 1) << errors;
        EXPECT_TRUE(server.lines().empty());
        return errors;
    }
};

TEST_F(ServerProgram, AConfigErrorNamesFileLineAndKey) {
    const auto said = complaint({.data = "other", .config = "# ours\n\nnmae = \"x\"\n"});
    EXPECT_TRUE(said.contains("partyline-server.toml:3: nmae: ")) << said;
}

TEST_F(ServerProgram, APortInUseIsNamed) {
    const auto address = std::format("127.0.0.1:{}", port());
    const auto said = complaint({.data = "other", .listen = address});
    EXPECT_TRUE(said.contains(address)) << said;
}

TEST_F(ServerProgram, ADataFolderThatCannotBeIsNamed) {
    // Below a file there is no folder, not even for root.
    const auto file = scratch_.file("file", "");
    const auto said = complaint({.data = "file/data"});
    EXPECT_TRUE(said.contains(file)) << said;
}

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
