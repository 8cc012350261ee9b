// Whom a talkie talks to.

#include <gtest/gtest.h>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Trust : public TalkTest {
protected:
    /// Another server at the place where the first one was.
    std::string replace_server() {
        const auto old_port = port();
        EXPECT_EQ(server_->stop(), 0);
        start_server({.data = "impostor", .listen = std::format("127.0.0.1:{}", old_port)});
        return server_->fingerprint();
    }
    /// Runs a talkie that is to be turned away by itself; what it said.
    Json refused(const std::vector<std::string>& more) {
        TalkieProcess alice(scratch_, {.name = "alice", .port = port(), .more = more});
        EXPECT_EQ(alice.process().wait(), 3);
        const auto failed = alice.wait("failed");
        EXPECT_EQ(failed["code"], "wrong_identity");
        return failed;
    }
    static bool says(const Json& failed, const std::string& words) {
        return failed["message"].get<std::string>().contains(words);
    }
};

TEST_F(Trust, TheFirstUsePinsAndLaterOnesCheck) {
    for (const bool first : {true, false}) {
        const auto alice = enter({.name = "alice"});
        const auto connected = alice->wait("connected");
        EXPECT_EQ(connected["first_use"], first);
        EXPECT_EQ(connected["fingerprint"], server_->fingerprint());
        EXPECT_EQ(alice->quit(), 0);
    }
}

TEST_F(Trust, AnotherServerInItsPlaceIsAHardStop) {
    const auto before = server_->fingerprint();
    EXPECT_EQ(enter({.name = "alice"})->quit(), 0);
    const auto after = replace_server();
    for (const auto& more : {std::vector<std::string>{}, {"--fingerprint", after}}) {
        const auto failed = refused(more);
        EXPECT_TRUE(says(failed, before)) << failed;
        EXPECT_TRUE(says(failed, after)) << failed;
    }
}

TEST_F(Trust, AFingerprintIsInsistedOn) {
    const std::string wrong(43, 'A');
    const auto failed = refused({"--fingerprint", wrong});
    EXPECT_TRUE(says(failed, wrong)) << failed;
    EXPECT_TRUE(says(failed, server_->fingerprint())) << failed;
    const auto alice = enter({.name = "alice", .more = {"--fingerprint", server_->fingerprint()}});
    EXPECT_EQ(alice->wait("connected")["first_use"], true) << "what was refused is not pinned";
}

TEST_F(Trust, AnIdentityStays) {
    EXPECT_EQ(enter({.name = "alice"})->quit(), 0);
    const auto path = scratch_.path("alice.identity");
    ASSERT_TRUE(std::filesystem::exists(path));
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace partyline::integration
