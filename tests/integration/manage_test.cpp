// What the owner asks of a running server at the machine, with the real programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "integration/refusal.hpp"
#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Manage : public TalkTest {
protected:
    /// partyline-server, asking the one that runs, to its end.
    [[nodiscard]] harness::Ended ask(const std::vector<std::string>& words,
                                     std::string_view typed = {}) const {
        std::vector<std::string> arguments{"--data", data_folder()};
        arguments.insert(arguments.end(), words.begin(), words.end());
        return harness::run_server(std::move(arguments), typed);
    }

    [[nodiscard]] std::string data_folder() const {
        return scratch_.path(harness::ServerOptions{}.data);
    }

    void claim(const std::string& name, const std::string& password_file) {
        TalkieProcess talkie(scratch_, {.name = name,
                                        .port = port(),
                                        .more = {"--password-file", password_file, "--label",
                                                 "desk", "claim", name}});
        talkie.wait("account");
        talkie.process().wait();
    }

    const std::string password_ = scratch_.file("password", "correct horse\n");
};

TEST_F(Manage, GivesRolesAndPasswordsToPeople) {
    EXPECT_EQ(ask({"user", "list"}).out, "Nobody has an account here yet.\n");
    claim("ada", password_);

    const auto granted = ask({"role", "grant", "Ada", "moderator"});
    EXPECT_EQ(granted.code, 0) << granted.errors;
    EXPECT_EQ(granted.out, "\"Ada\" is Moderator now.\n");
    const auto users = ask({"user", "list"}).out;
    EXPECT_TRUE(users.contains("Moderator")) << users;
    EXPECT_TRUE(ask({"user", "show", "ada"}).out.contains("desk"));

    const auto why = ask({"explain", "ada", "kick"});
    EXPECT_TRUE(why.out.starts_with("Yes, \"ada\" may kick.")) << why.out << why.errors;
    EXPECT_TRUE(ask({"role", "revoke", "ada", "Moderator"}).code == 0);
    EXPECT_TRUE(ask({"explain", "ada", "kick"}).out.starts_with("No, "));

    const auto changed = ask({"user", "password", "ada"}, "battery staple");
    EXPECT_EQ(changed.code, 0) << changed.errors;
    TalkieProcess phone(
        scratch_,
        {.name = "phone",
         .port = port(),
         .more = {"--password-file", scratch_.file("new", "battery staple\n"), "link", "ada"}});
    phone.wait("account");

    EXPECT_EQ(ask({"user", "delete", "ada"}).code, 0);
    EXPECT_EQ(ask({"user", "list"}).out, "Nobody has an account here yet.\n");
}

TEST_F(Manage, KeepsPeopleOutAndLetsThemInAgain) {
    EXPECT_EQ(ask({"ban", "list"}).out, "Nobody is banned.\n");
    const auto gus = enter({.name = "gus"});
    const auto banned =
        ask({"ban", "add", "--address", "127.0.0.1/8", "--for", "2h", "--reason", "spam spam"});
    EXPECT_EQ(banned.code, 0) << banned.errors;
    EXPECT_TRUE(banned.out.starts_with("Ban 1: 127.0.0.0/8, until 20")) << banned.out;
    const auto gone = gus->wait("disconnected");
    EXPECT_EQ(gone["code"], "banned");
    EXPECT_EQ(gone["reason"], "spam spam");
    EXPECT_EQ(once("bob", {"who"}, "failed")["code"], "banned");
    const auto bans = ask({"ban", "list"}).out;
    EXPECT_TRUE(bans.contains("127.0.0.0/8") && bans.contains("spam spam")) << bans;

    const auto lifted = ask({"ban", "lift", "1", "--reason", "sorry"});
    EXPECT_EQ(lifted.out, "Ban 1 is lifted.\n") << lifted.errors;
    EXPECT_EQ(ask({"ban", "list"}).out, "Nobody is banned.\n");
    enter({.name = "gus"});

    claim("eve", password_);
    EXPECT_EQ(ask({"ban", "add", "--account", "eve"}).out, "Ban 2: account eve, for good.\n");
    EXPECT_EQ(once("eve", {"who"}, "failed")["code"], "banned");
    EXPECT_EQ(once("bob", {"who"}, "who")["event"], "who");
    const auto audit = ask({"audit"}).out;
    for (const auto* words : {"spam spam", "sorry", "unban", "account eve"}) {
        EXPECT_TRUE(audit.contains(words)) << words << " in\n" << audit;
    }
    EXPECT_FALSE(ask({"audit", "--entries", "1"}).out.contains("spam spam"));
}

TEST_F(Manage, InvitesPeople) {
    EXPECT_EQ(ask({"invite", "list"}).out, "There is no invite.\n");
    const auto made = ask({"invite", "create", "--role", "moderator", "--room", other_room_,
                           "--uses", "2", "--for", "7d"});
    constexpr std::string_view lead = "Invite 1; its token, shown this once: ";
    ASSERT_TRUE(made.out.starts_with(lead)) << made.out << made.errors;
    const auto token = made.out.substr(lead.size(), made.out.size() - lead.size() - 1);
    claim("ada", password_);
    {
        const auto ada = enter({.name = "ada"});
        ada->command("invite redeem " + token);
        ada->wait("invite_used");
    }
    EXPECT_TRUE(ask({"user", "list"}).out.contains("Moderator"));
    const auto invites = ask({"invite", "list"}).out;
    EXPECT_TRUE(invites.contains("Moderator") && invites.contains(other_room_) &&
                invites.contains(" 1 ") && !invites.contains(token))
        << invites;
    EXPECT_EQ(ask({"invite", "delete", "1"}).out, "Invite 1 is no good any more.\n");
    EXPECT_EQ(ask({"invite", "list"}).out, "There is no invite.\n");
    const auto bob = enter({.name = "bob"});
    bob->command("invite redeem " + token);
    EXPECT_EQ(bob->wait("refused")["code"], "unknown_invite");
}

TEST_F(Manage, TakesADeviceFromAnAccount) {
    claim("ada", password_);
    once("phone", {"--password-file", password_, "--label", "phone", "link", "ada"});
    const auto both = ask({"user", "show", "ada"}).out;
    EXPECT_TRUE(both.contains("desk")) << both;
    const auto line = both.substr(both.find("phone"));
    const auto fingerprint = line.substr(0, line.find('\n'));
    const auto device = fingerprint.substr(fingerprint.rfind(' ') + 1);

    expect_refused(ask({"user", "unlink", "ada", ""}), {"Say which device"});
    // One of 64 fingerprints begins as an option does.
    const auto done = ask({"user", "unlink", "ada", "--", device.substr(0, 8)});
    EXPECT_EQ(done.out, "The device is unlinked.\n") << done.errors;
    const auto left = ask({"user", "show", "ada"}).out;
    EXPECT_TRUE(left.contains("desk") && !left.contains("phone")) << left;
    EXPECT_EQ(ask({"user", "unlink", "ada", "--", device}).code, 1) << "it is not there any more";
    EXPECT_TRUE(ask({"audit"}).out.contains("unlinked"));
}

TEST_F(Manage, SaysWhatIsWrong) {
    const auto nobody = ask({"user", "show", "ada"});
    EXPECT_EQ(nobody.code, 1);
    EXPECT_EQ(nobody.errors, "partyline-server: There is no such account.\n");
    expect_refused(ask({"role", "grant", "ada", "king"}),
                   {"There is no role \"king\"; there are", "Moderator"});
    EXPECT_EQ(ask({"explain", "ada", "fly"}).code, 1);
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"ban", "add"},
             {"ban", "add", "--address", "127.0.0"},
             {"ban", "add", "--address", "0.0.0.0/1"},
             {"ban", "add", "--identity", "nobody"},
             {"ban", "add", "--account", "nobody"},
             {"ban", "add", "--address", "192.0.2.1", "--for", "soon"},
             {"ban", "lift", "9"},
             {"invite", "create", "--role", "king"},
             {"invite", "create", "--room", "nowhere"},
             {"invite", "create", "--uses", "10001"},
             {"invite", "delete", "9"},
             {"user", "unlink", "nobody", "abc"}}) {
        const auto refused = ask(words);
        EXPECT_EQ(refused.code, 1) << words[0] << " " << words[1] << ": " << refused.out;
        EXPECT_TRUE(refused.errors.starts_with("partyline-server: ")) << refused.errors;
        EXPECT_EQ(std::ranges::count(refused.errors, '\n'), 1) << refused.errors;
    }
    EXPECT_TRUE(
        ask({"explain", "gus", "kick"}).errors.contains("A guest may what the role Guest may"));
    claim("ada", password_);
    expect_refused(ask({"user", "unlink", "ada", ""}), {"Say which device"});
    EXPECT_TRUE(ask({"user", "show", "ada"}).out.contains("desk")) << "it is linked still";
    expect_refused(ask({"invite", "create", "--uses", "0"}), {"--uses is at least 1"});
    EXPECT_EQ(ask({"invite", "list"}).out, "There is no invite.\n");
    expect_refused(ask({"audit", "--entries", "0"}), {"--entries is at least 1"});
    EXPECT_EQ(ask({"role", "revoke", "ada", "Moderator"}).out,
              "\"ada\" does not have the role Moderator now.\n");
    EXPECT_NE(ask({"user"}).code, 0);

    server_->stop();
    expect_refused(ask({"user", "list"}), {"does the server run"});
}

TEST_F(Manage, IsForWhoOwnsTheDataFolder) {
    const auto socket = std::filesystem::path(data_folder()) / "admin.sock";
    const auto status = std::filesystem::status(socket);
    EXPECT_EQ(status.type(), std::filesystem::file_type::socket);
    EXPECT_EQ(status.permissions() & std::filesystem::perms::mask,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    // After a crash the next one takes its place.
    server_->process().signal(SIGKILL);
    server_->process().wait();
    EXPECT_TRUE(std::filesystem::exists(socket));
    start_server({});
    EXPECT_EQ(ask({"user", "list"}).code, 0);
    server_->stop();
    EXPECT_FALSE(std::filesystem::exists(socket));
}

}  // namespace
}  // namespace partyline::integration
