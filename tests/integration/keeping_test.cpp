// doctor, backup and restore, with the real program.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "harness/process.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "harness/talkie.hpp"
#include "integration/refusal.hpp"

namespace partyline::integration {
namespace {

namespace fs = std::filesystem;
using harness::Process;
using harness::ServerOptions;
using harness::ServerProcess;
using harness::TalkieProcess;

class Keeping : public testing::Test {
protected:
    /// partyline-server with these arguments on a data folder of ours, to its end.
    [[nodiscard]] harness::Ended run(const std::string& data,
                                     std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"--data", scratch_.path(data)});
        return harness::run_server(std::move(arguments));
    }

    void start(const std::string& data) {
        server_ = std::make_unique<ServerProcess>(scratch_, ServerOptions{.data = data});
    }
    std::unique_ptr<TalkieProcess> enter(const std::string& name) {
        auto talkie = std::make_unique<TalkieProcess>(
            scratch_,
            harness::TalkieOptions{.name = name, .port = server_->port(), .join = "Lobby"});
        talkie->wait("keys_ready");
        return talkie;
    }
    static void say(TalkieProcess& talkie, const std::string& text) {
        talkie.command("say " + text);
        talkie.wait("text", "text", text);
    }
    static std::vector<std::string> history(TalkieProcess& talkie) {
        talkie.command("history");
        std::vector<std::string> words;
        const auto told = talkie.wait("history");
        for (const auto& text : told["texts"]) {
            words.push_back(text["text"]);
        }
        return words;
    }
    using Words = std::vector<std::string>;

    const harness::Scratch scratch_;
    std::unique_ptr<ServerProcess> server_;
};

TEST_F(Keeping, ABackupOfARunningServerIsTheSameServerElsewhere) {
    start("one");
    const auto fingerprint = server_->fingerprint();
    const auto backup = scratch_.path("backup");
    {
        const auto ada = enter("ada");
        say(*ada, "before");
        const auto done = run("one", {"backup", backup});
        EXPECT_EQ(done.code, 0) << done.errors;
        EXPECT_TRUE(done.out.contains("Keep it secret")) << done.out;
        EXPECT_EQ(fs::status(backup).permissions(), fs::perms::owner_read | fs::perms::owner_write);
        say(*ada, "after");
        expect_refused(run("one", {"backup", backup}), {"is there already"});
    }
    EXPECT_EQ(server_->stop(), 0);
    const auto restored = run("two", {"restore", backup});
    EXPECT_EQ(restored.code, 0) << restored.errors;
    start("two");
    EXPECT_EQ(server_->fingerprint(), fingerprint);
    EXPECT_EQ(history(*enter("bob")), (Words{"before"}));
}

TEST_F(Keeping, RestoringKeepsWhatItReplaces) {
    start("data");
    const auto backup = scratch_.path("backup");
    say(*enter("ada"), "first");
    ASSERT_EQ(run("data", {"backup", backup}).code, 0);
    say(*enter("ada"), "second");
    // As after a crash: a journal lies beside the database.
    server_->process().signal(SIGKILL);
    server_->process().wait();
    ASSERT_EQ(run("data", {"restore", backup}).code, 0);
    EXPECT_TRUE(fs::exists(scratch_.path("data/identity.before-restore")));
    start("data");
    EXPECT_EQ(history(*enter("bob")), (Words{"first"}));
    EXPECT_EQ(server_->stop(), 0);

    const auto database = scratch_.path("data/partyline.db");
    fs::rename(database + ".before-restore", database);
    start("data");
    EXPECT_EQ(history(*enter("cid")), (Words{"first", "second"}));
}

TEST_F(Keeping, NothingIsRestoredIntoARunningServer) {
    start("data");
    const auto backup = scratch_.path("backup");
    ASSERT_EQ(run("data", {"backup", backup}).code, 0);
    expect_refused_in_a_line(
        run("data", {"restore", backup}),
        {"is in use by another switchboard; stop", "restore FILE --at-next-start"});
}

TEST_F(Keeping, ARunningServerIsRestoredWhenItStartsAgain) {
    start("data");
    const auto backup = scratch_.path("backup");
    {
        const auto ada = enter("ada");
        say(*ada, "first");
        ASSERT_EQ(run("data", {"backup", backup}).code, 0);
        const auto staged = run("data", {"restore", backup, "--at-next-start"});
        EXPECT_EQ(staged.code, 0) << staged.errors;
        fs::remove(backup);  // the server has its own copy
        const auto looked = run("data", {"doctor"});
        EXPECT_EQ(looked.code, 0) << looked.out;
        EXPECT_TRUE(looked.out.contains("note     the next start restores")) << looked.out;
        say(*ada, "second");
    }
    server_->process().signal(SIGKILL);
    server_->process().wait();
    start("data");
    EXPECT_TRUE(server_->process().wait_for_error("Restored what was staged for this start"));
    EXPECT_EQ(history(*enter("bob")), (Words{"first"}));
    EXPECT_EQ(server_->stop(), 0);
    start("data");
    EXPECT_EQ(history(*enter("cid")), (Words{"first"})) << "it is restored once";
    EXPECT_EQ(server_->stop(), 0);

    const auto database = scratch_.path("data/partyline.db");
    fs::rename(database + ".before-restore", database);
    start("data");
    EXPECT_EQ(history(*enter("dan")), (Words{"first", "second"}));
}

TEST_F(Keeping, WhatIsToBeRestoredCanBeTakenBack) {
    start("data");
    const auto backup = scratch_.path("backup");
    ASSERT_EQ(run("data", {"backup", backup}).code, 0);
    say(*enter("ada"), "after");
    ASSERT_EQ(run("data", {"restore", "--at-next-start", backup}).code, 0);
    EXPECT_EQ(run("data", {"restore", "--cancel"}).code, 0);
    const auto nothing = run("data", {"restore", "--cancel"});
    EXPECT_EQ(nothing.code, 1);
    EXPECT_TRUE(nothing.errors.contains("nothing was to be restored")) << nothing.errors;
    EXPECT_EQ(run("data", {"restore"}).code, 1);
    EXPECT_EQ(run("data", {"restore", "--at-next-start"}).code, 1);
    EXPECT_EQ(run("data", {"restore", backup, "--cancel"}).code, 1);
    EXPECT_EQ(server_->stop(), 0);

    // Something else under its name stops the start, and says what to do.
    std::ignore = scratch_.file("data/restore-at-next-start", std::string(5'000, 'x'));
    const auto refused = run("data", {"--listen", "127.0.0.1:0", "--admin", ""});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(std::ranges::count(refused.errors, '\n'), 1) << refused.errors;
    EXPECT_TRUE(refused.errors.contains("restore --cancel")) << refused.errors;
    EXPECT_EQ(run("data", {"doctor"}).code, 1);
    EXPECT_EQ(run("data", {"restore", "--cancel"}).code, 0);
    start("data");
    EXPECT_EQ(history(*enter("bob")), (Words{"after"}));
}

TEST_F(Keeping, WhatIsNoBackupChangesNothing) {
    start("data");
    EXPECT_EQ(server_->stop(), 0);
    const auto fingerprint = server_->fingerprint();
    const auto garbage = scratch_.file("garbage", std::string(10'000, 'x'));
    for (const auto& file :
         {garbage, scratch_.path("absent"), scratch_.path("data/partyline.db")}) {
        expect_refused_in_a_line(run("data", {"restore", file}), {file});
    }
    EXPECT_EQ(run("none", {"backup", scratch_.path("new")}).code, 1);
    EXPECT_FALSE(fs::exists(scratch_.path("new")));
    EXPECT_FALSE(fs::exists(scratch_.path("none")));
    start("data");
    EXPECT_EQ(server_->fingerprint(), fingerprint);
}

TEST_F(Keeping, AServerWithoutItsIdentityDoesNotBecomeAnotherByItself) {
    start("data");
    const auto fingerprint = server_->fingerprint();
    say(*enter("ada"), "before");
    const auto backup = scratch_.path("backup");
    ASSERT_EQ(run("data", {"backup", backup}).code, 0);
    expect_refused(run("data", {"new-identity"}), {"is in use by another switchboard"});
    EXPECT_EQ(server_->stop(), 0);

    const auto identity = scratch_.path("data/identity");
    expect_refused(run("data", {"new-identity"}), {identity + " is there already"});

    fs::remove(identity);
    expect_refused_in_a_line(run("data", {"--listen", "127.0.0.1:0", "--admin", ""}),
                             {"has a database but no identity", "restore FILE", "new-identity"});
    EXPECT_FALSE(fs::exists(identity));
    const auto looked = run("data", {"doctor"});
    EXPECT_EQ(looked.code, 1);
    EXPECT_TRUE(looked.out.contains("has a database but no identity")) << looked.out;
    const auto lame = run("data", {"backup", scratch_.path("lame")});
    EXPECT_EQ(lame.code, 0);
    EXPECT_TRUE(lame.out.contains("identity is missing there")) << lame.out;

    // One way out: it is who it was.
    ASSERT_EQ(run("data", {"restore", backup}).code, 0);
    start("data");
    EXPECT_EQ(server_->fingerprint(), fingerprint);
    enter("ada");
    EXPECT_EQ(server_->stop(), 0);

    // The other: it is somebody new, with all that it remembers.
    fs::remove(identity);
    const auto made = run("data", {"new-identity"});
    EXPECT_EQ(made.code, 0) << made.errors;
    start("data");
    EXPECT_NE(server_->fingerprint(), fingerprint);
    EXPECT_TRUE(made.out.contains(server_->fingerprint())) << made.out;
    EXPECT_EQ(history(*enter("bob")), (Words{"before"}));
}

TEST_F(Keeping, NobodyBecomesNewWhereNoServerHasRun) {
    expect_refused(run("nowhere", {"new-identity"}), {"no switchboard has run on this folder"});
    EXPECT_FALSE(fs::exists(scratch_.path("nowhere")));
}

TEST_F(Keeping, TheDoctorFindsWhatIsWrong) {
    const auto before = run("fresh", {"doctor", "--listen", "127.0.0.1:0", "--admin", ""});
    EXPECT_EQ(before.code, 0) << before.out;
    EXPECT_TRUE(before.out.ends_with("All is well.\n")) << before.out;
    EXPECT_FALSE(fs::exists(scratch_.path("fresh"))) << "it only looks";

    start("data");
    const auto running = run("data", {"doctor"});
    EXPECT_EQ(running.code, 0) << running.out;
    EXPECT_TRUE(running.out.contains("a switchboard is running on this folder")) << running.out;
    EXPECT_TRUE(running.out.contains("the database is whole")) << running.out;
    EXPECT_TRUE(running.out.contains("talkies know this server by " + server_->fingerprint()))
        << running.out;

    // A port that is taken, a certificate that is none.
    const auto config = scratch_.file(
        "bad.toml", std::format("listen = [\"127.0.0.1:{}\"]\ncertificate = \"/none.pem\"\n"
                                "certificate_key = \"/none.pem\"\n[admin]\nlisten = \"\"\n",
                                server_->port()));
    const auto bad = run("fresh", {"--config", config, "doctor"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_TRUE(bad.out.contains(
        std::format("PROBLEM  cannot listen on TCP 127.0.0.1:{}", server_->port())))
        << bad.out;
    EXPECT_TRUE(bad.out.contains("PROBLEM  " + config +
                                 ":2: certificate: cannot use the TLS certificate in /none.pem"))
        << bad.out;
    EXPECT_TRUE(bad.out.contains(" problems to solve.\n")) << bad.out;
}

/// What would refuse a start, the doctor has seen before.
TEST_F(Keeping, TheDoctorFindsWhatAStartWouldRefuse) {
    const auto doctor = [this](std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"doctor", "--listen", "127.0.0.1:0", "--admin", ""});
        return run("data", std::move(more));
    };
    start("data");
    EXPECT_EQ(server_->stop(), 0);
    EXPECT_EQ(doctor().code, 0) << doctor().out;

    const auto identity = scratch_.path("data/identity");
    fs::rename(identity, identity + ".kept");
    std::ignore = scratch_.file("data/identity", "nonsense\n");
    fs::permissions(identity, fs::perms::owner_read | fs::perms::owner_write);
    auto sick = doctor();
    EXPECT_EQ(sick.code, 1);
    EXPECT_TRUE(sick.out.contains("PROBLEM  " + identity + " does not hold a Partyline identity"))
        << sick.out;
    fs::rename(identity + ".kept", identity);

    fs::create_directory(scratch_.path("data/admin.sock"));
    sick = doctor();
    EXPECT_EQ(sick.code, 1);
    EXPECT_TRUE(sick.out.contains("admin.sock is in the way")) << sick.out;
    fs::remove(scratch_.path("data/admin.sock"));

    std::ignore = scratch_.file("data/certificate.pem", "nonsense\n");
    sick = doctor();
    EXPECT_EQ(sick.code, 1);
    EXPECT_TRUE(sick.out.contains("PROBLEM  cannot use the TLS certificate")) << sick.out;
    fs::remove(scratch_.path("data/certificate.pem"));

    // Each is free, but not both at once.
    const auto free = std::to_string(server_->port());
    const auto config =
        scratch_.file("both.toml", std::format("listen = [\"0.0.0.0:{0}\", \"127.0.0.1:{0}\"]\n"
                                               "[admin]\nlisten = \"\"\n",
                                               free));
    sick = run("data", {"--config", config, "doctor"});
    EXPECT_EQ(sick.code, 1) << sick.out;
    EXPECT_TRUE(sick.out.contains("PROBLEM  cannot listen on TCP 127.0.0.1:" + free)) << sick.out;
    EXPECT_EQ(run("data", {"--config", config}).code, 1) << "and so it is at the start";
}

TEST_F(Keeping, ABackupNeedsAFolder) {
    start("data");
    expect_refused(run("data", {"backup", scratch_.path("none/backup")}),
                   {"there is no folder " + scratch_.path("none")});
}

}  // namespace
}  // namespace partyline::integration
