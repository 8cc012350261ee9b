// A server gets its owner, and a person's second device is theirs, with the real programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Accounts : public TalkTest {
protected:
    const std::string wrong_ = scratch_.file("wrong", "battery staple\n");
};

TEST_F(Accounts, TheFirstStartMakesAnOwnerAndASecondDeviceIsTheirs) {
    const auto token = server_->owner_token();
    EXPECT_EQ(once("ada", {"owner", token}, "refused")["code"], "unknown_account");
    const auto claimed =
        once("ada", {"--password-file", password_, "--label", "desk", "claim", "ada"});
    const std::string code = claimed["recovery_code"];
    EXPECT_FALSE(code.empty());
    EXPECT_EQ(once("ada", {"owner", "7Q2KX-0M9RD-EV4WT-1H8NA"}, "refused")["code"], "bad_password");
    once("ada", {"owner", token}, "done");
    EXPECT_TRUE(once("ada", {"devices"}, "devices")["owner"]);
    EXPECT_EQ(once("ada", {"owner", token}, "refused")["code"], "bad_password") << "it is used up";

    const std::vector<std::string> inviting{"invite", "create", "role", "Moderator",
                                            "room",   "Lobby",  "days", "1"};
    const std::string invite = once("ada", inviting, "invite_made")["token"];
    EXPECT_EQ(once("bob", {"invite", "redeem", invite}, "refused")["code"], "unknown_account");
    once("bob", {"--password-file", password_, "claim", "bob"});
    EXPECT_EQ(once("bob", {"invite", "redeem", invite}, "invite_used")["room"], "Lobby");
    EXPECT_EQ(once("bob", {"invite", "redeem", invite}, "refused")["code"], "unknown_invite");
    EXPECT_TRUE(once("bob", {"invite", "list"}, "invites")["invites"].empty());

    // Another machine.
    const std::vector<std::string> link_wrong{"--password-file", wrong_, "link", "ada"};
    EXPECT_EQ(once("phone", link_wrong, "refused")["code"], "bad_password");
    const auto linked = once("phone", {"--password-file", password_, "link", "ada"});
    EXPECT_EQ(linked["account"], claimed["account"]);
    EXPECT_FALSE(linked.contains("recovery_code"));
    const auto by_code =
        once("tablet", {"--password-file", scratch_.file("code", code), "link", "ada"});
    EXPECT_EQ(by_code["account"], claimed["account"]);
    EXPECT_NE(by_code["recovery_code"], code);

    // A crash later all of that is so.
    server_->process().signal(SIGKILL);
    server_->process().wait();
    start_server({});
    const auto devices = once("phone", {"devices"}, "devices");
    EXPECT_TRUE(devices["owner"]);
    EXPECT_EQ(devices["devices"].size(), 3U);
    EXPECT_EQ(devices["devices"][0]["label"], "desk");
    EXPECT_TRUE(devices["devices"][1]["self"]);
    // Nobody else may call themself so.
    TalkieProcess thief(scratch_, {.name = "ADA", .port = port()});
    EXPECT_EQ(thief.wait("failed")["code"], "name_taken");
    for (const auto& line : server_->process().lines()) {
        EXPECT_FALSE(line.contains("owner ")) << "no token is given out any more: " << line;
    }
}

TEST_F(Accounts, NamesOfThoseWhoLookAfterTheServerAreForThem) {
    make_owner("ada");
    TalkieProcess stranger(scratch_, {.name = "ADMIN", .port = port()});
    const auto refused = stranger.wait("failed");
    EXPECT_EQ(refused["code"], "name_taken");
    EXPECT_TRUE(std::string(refused["message"]).contains("ADMIN")) << refused;
    EXPECT_NE(stranger.process().wait(), 0);
    EXPECT_EQ(once("gus", {"--password-file", password_, "claim", "server"}, "refused")["code"],
              "name_taken");
    // The owner's device, under another name.
    std::filesystem::copy_file(scratch_.path("ada.identity"), scratch_.path("Admin.identity"));
    const auto admin = enter({.name = "Admin"});
    const auto bob = enter({.name = "bob"});
    bob->command("who");
    const auto who = bob->wait("who")["people"];
    EXPECT_TRUE(std::ranges::any_of(who, [](const Json& person) {
        return person["name"] == "Admin" && person["account"] == "ada";
    })) << who;
}

}  // namespace
}  // namespace partyline::integration
