// What somebody who hosts a switchboard does to the program: configure it, watch it, look after it.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/process.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "harness/talkie.hpp"
#include "net/diagnosis.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

using harness::ServerOptions;
using harness::ServerProcess;

class Hosting : public testing::Test {
protected:
    void start(const ServerOptions& options) {
        server_ = std::make_unique<ServerProcess>(scratch_, options);
    }
    /// What TLS shows whoever comes now.
    std::string shown() {
        std::string certificate;
        loop_.run_until_done(look(certificate));
        return certificate;
    }
    net::task<> look(std::string& certificate) {
        net::TlsStream stream(loop_, net::TlsContext::client(wire::alpn));
        EXPECT_TRUE(co_await stream.connect("127.0.0.1", server_->port(), harness::patience));
        certificate = net::shown_certificate(stream).value_or("");
    }

    /// Has the server read its file again, and waits until it says so.
    void reload(const std::string& config, const std::string& said) {
        const auto before = server_->process().errors().size();
        config_ = scratch_.file("partyline-server.toml", config);
        server_->process().signal(SIGHUP);
        EXPECT_TRUE(server_->process().wait_for_error(said, before)) << server_->process().errors();
    }

    /// One command of Ada's, and what it is answered with. She has ended by then.
    void ask(std::vector<std::string> command, const std::string& event) {
        harness::TalkieProcess ada(
            scratch_, {.name = "ada", .port = server_->port(), .more = std::move(command)});
        ada.wait(event);
        ada.process().wait();
    }
    void make_ada_owner() {
        const auto password = scratch_.file("password", "correct horse\n");
        ask({"--password-file", password, "claim", "ada"}, "account");
        ask({"owner", server_->owner_token()}, "done");
    }
    /// A line that she types.
    void administer(const std::string& line) {
        harness::TalkieProcess ada(scratch_, {.name = "ada", .port = server_->port()});
        ada.wait("connected");
        ada.command(line);
        ada.wait("administered");
        EXPECT_EQ(ada.quit(), 0);
    }
    [[nodiscard]] bool is_told(const std::string& words, std::size_t from = 0) const {
        return server_->process().wait_for_error(words, from);
    }

    const harness::Scratch scratch_;
    net::Loop loop_;
    std::string config_;
    std::unique_ptr<ServerProcess> server_;
};

TEST_F(Hosting, TheExplainedConfigurationIsRight) {
    const auto explained = harness::run_server({"--print-config"});
    EXPECT_EQ(explained.code, 0);
    const auto file = scratch_.file("explained.toml", explained.out);
    const auto checked = harness::run_server({"--config", file, "--check-config"});
    EXPECT_EQ(checked.code, 0) << checked.errors;
    EXPECT_EQ(checked.out, file + ": all keys are right.\n");
}

TEST_F(Hosting, AWrongConfigurationIsFoundWithoutAStart) {
    const auto file = scratch_.file("wrong.toml", "relay_threads = 0\n");
    const auto checked = harness::run_server({"--check-config", "--config", file});
    EXPECT_EQ(checked.code, 1);
    EXPECT_EQ(checked.errors, "partyline-server: " + file +
                                  ":1: relay_threads: must be a whole number from 1 to 64\n");
    EXPECT_TRUE(checked.out.empty());
}

TEST_F(Hosting, SighupReadsTheFileAgain) {
    start({.config = "[log]\nlevel = \"warning\"\n"});
    reload("[log]\nlevel = \"info\"\nformat = \"json\"\n",
           R"("level":"info","message":"The configuration and the certificate were read again"})");
    // Twice in a row, and what needs a restart is named.
    reload("relay_threads = 2\n[log]\nlevel = \"info\"\n",
           "warning relay_threads has another value now, which holds after a restart\n");
    EXPECT_EQ(server_->stop(), 0);
}

TEST_F(Hosting, NewcomersAreShownTheCertificateThatWasReadAgain) {
    const net::CertificatePaths paths{.certificate = scratch_.path("shown.pem"),
                                      .key = scratch_.path("shown-key.pem")};
    const auto renew = [&] {
        std::filesystem::remove(paths.certificate);
        std::filesystem::remove(paths.key);
        EXPECT_TRUE(net::create_self_signed_certificate(paths));
        std::ifstream file(paths.certificate);
        return std::string(std::istreambuf_iterator(file), {});
    };
    const auto config = std::format("certificate = \"{}\"\ncertificate_key = \"{}\"\n",
                                    paths.certificate, paths.key);
    const auto first = renew();
    start({.config = config});
    EXPECT_EQ(shown(), first);
    harness::TalkieProcess ada(scratch_, {.name = "ada", .port = server_->port(), .join = "Lobby"});
    ada.wait("keys_ready");

    const auto second = renew();
    EXPECT_EQ(shown(), first) << "before anybody has said so";
    reload(config, "The configuration and the certificate were read again");
    EXPECT_EQ(shown(), second);
    EXPECT_NE(first, second);
    ada.command("say hello");
    ada.wait("text", "text", "hello");
    EXPECT_EQ(server_->stop(), 0);
}

TEST_F(Hosting, TheAwayRoomOfAFileReadAgainMustBeThereAfterARestart) {
    start({.config = "away_room = \"Lobby\"\n"});
    const std::string refused = "configuration cannot be used: ";
    const std::string accepted = "warning away_room has another value now";
    const auto key = scratch_.path("partyline-server.toml") + ":1: away_room: there is no room ";
    reload("away_room = \"Cellar\"\n", refused + key + "\"Cellar\"");
    reload("away_room = \"Cellar\"\n[[room]]\nname = \"Cellar\"\n", accepted);
    reload("away_room = \"games/red team\"\n", accepted);
    // It is there now, and goes with the next start.
    reload("away_room = \"Lobby\"\n[[room]]\nname = \"Cellar\"\n", refused + key + "\"Lobby\"");
    EXPECT_EQ(server_->stop(), 0);
}

TEST_F(Hosting, AnAwayRoomThatPeopleDeleteStopsNothing) {
    start({});
    make_ada_owner();
    administer("room create Cellar");
    EXPECT_EQ(server_->stop(), 0);
    const std::string config = "away_room = \"cellar\"\n";
    const std::string gone = "away_room: there is no room \"cellar\" any more.";
    start({.config = config});
    const auto doctor = [this] {
        return harness::run_server({"--config", scratch_.path("partyline-server.toml"), "--data",
                                    scratch_.path(ServerOptions{}.data), "doctor"})
            .out;
    };
    EXPECT_TRUE(doctor().contains("  ok       whoever does nothing for long goes to \"cellar\""));
    administer("room delete Cellar");
    EXPECT_TRUE(is_told("warning " + gone));
    reload(config + "[log]\nlevel = \"info\"\n", "were read again");
    EXPECT_TRUE(doctor().contains("  note     " + gone));
    reload("name = \"x\"\n", "away_room has another value now");
    reload("name = \"x\"\n" + config, "were read again");
    EXPECT_EQ(server_->stop(), 0);

    start({.config = config});
    EXPECT_TRUE(is_told("warning " + gone));
    administer("room create Cellar");
    EXPECT_TRUE(is_told("away_room: there is a room \"cellar\" again"));
    administer("room edit Cellar name Crypt");
    const auto before = server_->process().errors().find("again");
    EXPECT_TRUE(is_told("warning " + gone, before));
    EXPECT_EQ(server_->stop(), 0);
}

TEST_F(Hosting, MoreConnectionsThanFilesMayBeOpenAreToldWhenTheFileIsReadAgain) {
    const auto config = [](int connections) {
        return std::format("[limits]\nsessions = 10\nconnections = {}\n", connections);
    };
    start({.config = config(100)});
    const rlimit few{.rlim_cur = 500, .rlim_max = 500};
    ASSERT_EQ(prlimit(server_->process().pid(), RLIMIT_NOFILE, &few, nullptr), 0);
    reload(config(101), "were read again");
    EXPECT_FALSE(server_->process().errors().contains("may open only"));
    reload(config(1000), "limits.connections is 1000, but this process may open only 500 files");
    EXPECT_EQ(server_->stop(), 0);
}

TEST_F(Hosting, AWrongFileChangesNothing) {
    start({.config = "[log]\nlevel = \"info\"\n"});
    reload("[log]\nlevel = \"error\"\nfromat = \"json\"\n",
           "partyline-server.toml:3: log.fromat: there is no such key");
    reload("certificate = \"/nowhere.pem\"\ncertificate_key = \"/nowhere.pem\"\n",
           "partyline-server.toml:1: certificate: cannot use the TLS certificate in /nowhere.pem");
    std::filesystem::remove(config_);
    server_->process().signal(SIGHUP);
    EXPECT_TRUE(server_->process().wait_for_error("cannot read the configuration"))
        << "still at \"info\"";
    EXPECT_EQ(server_->stop(), 0);
}

}  // namespace
}  // namespace partyline::integration
