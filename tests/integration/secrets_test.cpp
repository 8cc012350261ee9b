// What a server tells those who look after it: what they need once, and never what is not theirs.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <format>
#include <string>
#include <vector>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class WhatIsTold : public TalkTest {
protected:
    void SetUp() override {}

    /// How many lines of standard output have this in them.
    [[nodiscard]] std::ptrdiff_t printed(std::string_view words) const {
        return std::ranges::count_if(server_->process().lines(),
                                     [&](const auto& line) { return line.contains(words); });
    }
};

TEST_F(WhatIsTold, TheAdminAddressStandsOnceBesideTheOwnersToken) {
    start_server({.admin = "127.0.0.1:0"});
    const auto token = server_->owner_token();
    const auto line = std::format("How the server is, on this machine: http://127.0.0.1:{}/metrics",
                                  server_->admin_port());
    const auto told =
        server_->process().wait_for_line([&](const std::string& text) { return text == line; });
    EXPECT_TRUE(told) << line;
    make_owner("ada");
    EXPECT_EQ(printed("How the server is"), 1);
    EXPECT_EQ(printed(token), 1);
    EXPECT_EQ(server_->stop(), 0);

    start_server({.admin = "127.0.0.1:0"});
    TalkieProcess guest(scratch_, {.name = "guest", .port = port(), .more = {"who"}});
    EXPECT_EQ(guest.process().wait(), 0);
    EXPECT_EQ(printed("How the server is") + printed("Nobody owns"), 0) << "it has an owner";
}

/// Everything that is secret or somebody's words is used, rightly and wrongly, at level "debug".
class SecretsOfTheLog : public WhatIsTold, public testing::WithParamInterface<const char*> {
protected:
    void SetUp() override {
        start_server({.config = std::format("[log]\nlevel = \"debug\"\nformat = \"{}\"\n"
                                            "[limits]\nconnections_per_address = 3\n",
                                            GetParam())});
    }
    std::vector<std::string> with_secret(std::string name, const std::string& secret,
                                         std::vector<std::string> command) {
        secrets_.push_back(secret);
        command.insert(command.begin(), {"--password-file", scratch_.file(name, secret + "\n")});
        return command;
    }
    std::string note(std::string secret) {
        EXPECT_GT(secret.size(), 5U);
        secrets_.push_back(secret);
        return secret;
    }

    void live_with_an_account();
    void live_in_rooms();

    std::vector<std::string> secrets_;
};

void SecretsOfTheLog::live_with_an_account() {
    const auto token = note(server_->owner_token());
    const auto claim = with_secret("right", "zebra in the password", {"claim", "ada"});
    const auto code = note(once("ada", claim)["recovery_code"]);
    EXPECT_EQ(once("ada", {"owner", note("7Q2KX-0M9RD-EV4WT-1H8NA")}, "refused")["code"],
              "bad_password");
    once("ada", {"owner", token}, "done");
    const auto guess = with_secret("wrong", "yak in the password", {"link", "ada"});
    EXPECT_EQ(once("phone", guess, "refused")["code"], "bad_password");
    const auto link = with_secret("code", code, {"link", "ada"});
    note(once("phone", link)["recovery_code"]);
    const auto renew = with_secret("right", "zebra in the password", {"recovery-code"});
    note(once("phone", renew)["recovery_code"]);
    auto change = with_secret("right", "zebra in the password", {"password"});
    change.insert(change.begin(),
                  {"--new-password-file", scratch_.file("new", note("xerus in the password"))});
    once("ada", change);
}

void SecretsOfTheLog::live_in_rooms() {
    room_ = "Lobby";
    const auto ada = enter({.name = "ada"});
    const auto bob = enter({.name = "bob"});
    const auto say = [&](TalkieProcess& who, const std::string& command, const std::string& words,
                         const std::string& event) {
        const auto mark = who.mark();
        who.command(command + note(words));
        return who.wait(event, nullptr, mark);
    };
    const auto said = say(*ada, "say ", "walrus in the room", "text");
    say(*ada, std::format("edit {} ", said["id"].get<std::uint64_t>()), "viper in the room",
        "done");
    say(*ada, "message bob ", "urchin for bob", "message_accepted");
    bob->wait("message");
    say(*ada, "room edit Lobby password ", "tapir-at-the-door", "administered");
    say(*ada, "room edit Lobby topic ", "salmon-of-the-day", "administered");
    bob->command("leave");
    bob->wait("room_left");
    EXPECT_EQ(say(*bob, "join Lobby --password ", "sloth-at-the-door", "refused")["code"],
              "bad_password");
    say(*bob, "join Lobby --password ", "tapir-at-the-door", "room_entered");
    const auto mark = ada->mark();
    ada->command("invite create role Moderator");
    const std::string invite = ada->wait("invite_made", nullptr, mark)["token"];
    EXPECT_EQ(say(*bob, "invite redeem ", invite, "refused")["code"], "unknown_account");

    // Too many from one address, who hear why; so that there is something at "debug", too.
    const auto third = enter({.name = "cid", .join = "Quiet corner"});
    TalkieProcess fourth(scratch_, {.name = "dan", .port = port()});
    const auto failed = fourth.wait("failed");
    EXPECT_EQ(failed["code"], "server_full");
    EXPECT_TRUE(failed["message"].get<std::string>().contains(
        "does not let you in now: too many connections from one address"))
        << failed;
}

TEST_P(SecretsOfTheLog, AreNotInIt) {
    live_with_an_account();
    live_in_rooms();
    EXPECT_EQ(server_->stop(), 0);
    const auto log = server_->process().errors();
    EXPECT_TRUE(log.contains("is refused: too many connections from one address")) << log;
    EXPECT_TRUE(log.contains("session 1 begins")) << log;
    std::ptrdiff_t in_output = 0;
    for (const auto& secret : secrets_) {
        EXPECT_FALSE(log.contains(secret)) << secret << " in\n" << log;
        in_output += printed(secret);
    }
    EXPECT_EQ(in_output, 1) << "the owner's token, for its owner";
}

INSTANTIATE_TEST_SUITE_P(As, SecretsOfTheLog, testing::Values("text", "json"),
                         [](const auto& format) { return std::string(format.param); });

}  // namespace
}  // namespace partyline::integration
