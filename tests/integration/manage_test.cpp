// What the owner asks of a running server at the machine, with the real programs.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Manage : public TalkTest {
protected:
    struct Ended {
        int code = 0;
        std::string out;
        std::string errors;
    };
    /// partyline-server, asking the one that runs, to its end.
    [[nodiscard]] Ended ask(std::vector<std::string> words, std::string_view typed = {}) const {
        std::vector<std::string> arguments{harness::sibling_program("partyline-server"), "--data",
                                           data_folder()};
        arguments.insert(arguments.end(), words.begin(), words.end());
        harness::Process process({.arguments = std::move(arguments), .environment = {}});
        if (!typed.empty()) {
            process.write_line(typed);
        }
        process.close_input();
        Ended ended{.code = process.wait(), .out = {}, .errors = {}};
        for (const auto& line : process.lines()) {
            ended.out += line + "\n";
        }
        ended.errors = process.errors();
        return ended;
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

TEST_F(Manage, SaysWhatIsWrong) {
    const auto nobody = ask({"user", "show", "ada"});
    EXPECT_EQ(nobody.code, 1);
    EXPECT_EQ(nobody.errors, "partyline-server: There is no such account.\n");
    const auto role = ask({"role", "grant", "ada", "king"});
    EXPECT_EQ(role.code, 1);
    EXPECT_TRUE(role.errors.contains("There is no role \"king\"; there are")) << role.errors;
    EXPECT_TRUE(role.errors.contains("Moderator")) << role.errors;
    EXPECT_EQ(ask({"explain", "ada", "fly"}).code, 1);
    EXPECT_NE(ask({"user"}).code, 0);

    server_->stop();
    const auto alone = ask({"user", "list"});
    EXPECT_EQ(alone.code, 1);
    EXPECT_TRUE(alone.errors.contains("does the server run")) << alone.errors;
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
