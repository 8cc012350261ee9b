// Whom a talkie talks to.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <optional>
#include <thread>
#include <tuple>

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

TEST_F(Trust, WhoeverWaitsForTheDiskToPinAServerHasLoggedInBefore) {
    // As another talkie that changes the file has it, for as long as its disk takes.
    auto folder = std::optional(
        harness::Descriptor(::open(scratch_.path("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    ASSERT_EQ(::flock(folder->get(), LOCK_EX), 0);
    auto& server = server_->process();
    const auto before = server.errors().size();
    TalkieProcess alice(scratch_, {.name = "alice", .port = port()});
    EXPECT_TRUE(server.wait_for_error(" begins (", before)) << server.errors();
    EXPECT_FALSE(std::filesystem::exists(scratch_.path("alice.servers")));
    folder.reset();
    EXPECT_EQ(alice.wait("connected")["first_use"], true);
    EXPECT_TRUE(std::filesystem::exists(scratch_.path("alice.servers")));
}

TEST_F(Trust, AnotherServerInItsPlaceIsAHardStop) {
    const auto before = server_->fingerprint();
    EXPECT_EQ(enter({.name = "alice"})->quit(), 0);
    const auto after = replace_server();
    for (const auto& more : {std::vector<std::string>{}, {"--fingerprint", after}}) {
        const auto failed = refused(more);
        EXPECT_TRUE(says(failed, before)) << failed;
        EXPECT_TRUE(says(failed, after)) << failed;
        EXPECT_TRUE(says(failed, "If it is " + after + ", delete line 1 of " +
                                     scratch_.path("alice.servers") + " and connect again"))
            << failed;
    }
    // Whoever does as they are told is in.
    std::ignore = scratch_.file("alice.servers", "");
    EXPECT_EQ(enter({.name = "alice"})->wait("connected")["first_use"], true);
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

TEST_F(Trust, AnIdentityOrPinsThatCannotBeUsedAreNamed) {
    const auto identity = scratch_.path("alice.identity");
    const auto pins = scratch_.path("alice.servers");
    const auto expect_refused = [&](const std::string& path, const std::string& why) {
        TalkieProcess alice(scratch_, {.name = "alice", .port = port()});
        EXPECT_EQ(alice.process().wait(), 1);
        const auto failed = alice.wait("failed");
        EXPECT_TRUE(says(failed, path)) << failed;
        EXPECT_TRUE(says(failed, why)) << failed;
    };
    EXPECT_EQ(enter({.name = "alice"})->quit(), 0);
    std::filesystem::permissions(identity, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    expect_refused(identity, "chmod 600");
    std::filesystem::permissions(identity, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::remove);
    std::filesystem::resize_file(identity, std::filesystem::file_size(identity) - 2);
    expect_refused(identity, "is damaged. Restore it from a backup");
    std::filesystem::remove(identity);
    std::filesystem::create_directory(identity);
    expect_refused(identity, "is not a file");
    std::filesystem::remove(identity);

    std::ignore = scratch_.file("alice.servers", "# mine\nno pin at all\n");
    expect_refused(pins, "line 2 is not \"host:port fingerprint\"");
    std::filesystem::remove(pins);
    std::filesystem::create_directory(pins);
    expect_refused(pins, "Cannot read the known servers in");
}

/// Something that is no switchboard: it answers one connection with a line of another protocol.
class WebServer {
public:
    WebServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), generic, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 1), 0);
        EXPECT_EQ(::getsockname(socket_.get(), generic, &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] {
            const harness::Descriptor guest(::accept(socket_.get(), nullptr, nullptr));
            std::array<char, 1024> hello{};
            if (::recv(guest.get(), hello.data(), hello.size(), 0) > 0) {
                constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
                ::send(guest.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        });
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    harness::Descriptor socket_;
    std::uint16_t port_ = 0;
    std::jthread thread_;  // last: it uses the above
};

TEST_F(Trust, WhatIsNoSwitchboardIsCalledThat) {
    const WebServer web;
    TalkieProcess alice(scratch_, {.name = "alice", .port = web.port()});
    EXPECT_EQ(alice.process().wait(), 2);
    const auto failed = alice.wait("failed");
    EXPECT_EQ(failed["code"], "wrong_version");
    EXPECT_TRUE(says(failed, std::format("127.0.0.1:{} is no Partyline switchboard, or speaks "
                                         "another version; one of us needs an update (",
                                         web.port())))
        << failed;
}

}  // namespace
}  // namespace partyline::integration
