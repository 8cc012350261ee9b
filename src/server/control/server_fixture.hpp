// For tests: a server on a loop of its own, over real TLS on loopback, with a fake relay.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "server/control/caller_test_support.hpp"
#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"
#include "server/control/server.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

inline constexpr ChannelId lobby{1};
inline constexpr ChannelId attic{2};

class ServerTest : public testing::Test {
protected:
    ServerTest() {
        config.name = "The house";
        config.channels = {{.id = lobby, .name = "Lobby", .topic = "Come in"},
                           {.id = attic, .parent = lobby, .name = "Attic", .topic = {}}};
        // On a busy machine a handshake takes seconds, and so does a hash. Whoever tests these has a clock of
        // their own, or less of them.
        config.limits.handshake = config.limits.login = config.limits.silence =
            std::chrono::hours(1);
    }

    /// Runs the scenario against a server made from `config`, then stops the server.
    void play(net::task<> scenario) {
        open();
        loop.run_until_done(play_and_stop(std::move(scenario)));
        EXPECT_EQ(server->admission().connections(), 0U);
        EXPECT_EQ(server->admission().unauthenticated(), 0U);
        EXPECT_TRUE(server->model().sessions().empty());
        for (const auto& [session, seat] : relay.seats) {
            EXPECT_FALSE(seat->open);
        }
        server.reset();
    }

    void open() {
        EXPECT_TRUE(store.settle(config.channels));
        std::vector<net::TlsListener> listeners;
        listeners.push_back(
            net::TlsListener::create(loop, tls(), {.endpoint = net::Endpoint::loopback_v4(0)})
                .value());
        std::optional<net::LocalListener> consoles;
        if (!admin_socket.empty()) {
            consoles = net::LocalListener::create(loop, admin_socket).value();
        }
        server = Server::create(config, {.loop = loop,
                                         .clock = *clock,
                                         .identity = identity,
                                         .relay = relay,
                                         .store = store,
                                         .listeners = std::move(listeners),
                                         .admin_socket = std::move(consoles)})
                     .value();
    }

    [[nodiscard]] std::uint16_t port() const { return server->port(); }
    static net::TlsContext tls() {
        return net::TlsContext::server(certificate(), wire::alpn).value();
    }

    /// Logs in, and goes into that room.
    net::task<> enter(Caller& caller, std::string name, ChannelId channel = lobby) {
        co_await caller.log_in(port(), std::move(name));
        co_await caller.ask<wire::Joined>(wire::Join{channel});
    }
    /// In the lobby.
    static net::task<MessageId> say(Caller& caller, std::string text) {
        const wire::SendText message{.channel = lobby, .text = std::move(text)};
        co_return (co_await caller.ask<wire::TextAccepted>(message)).id;
    }

    /// Those of its connection.
    static void expect_hop_keys(const Caller& caller, const FakeRelay::Entry& seat) {
        const auto up = caller.exported(crypto::exporter_label_up).value();
        const auto down = caller.exported(crypto::exporter_label_down).value();
        EXPECT_TRUE(std::ranges::equal(seat.keys.up.view(), std::span(up).first<16>()));
        EXPECT_TRUE(std::ranges::equal(seat.keys.down.view(), std::span(down).first<16>()));
    }
    /// Asks for something and expects this refusal, with the session going on.
    net::task<> refused(Caller& caller, wire::ClientBody body, ErrorCode code) {
        const auto name = std::string(wire::name_of(body));
        const auto refusal = co_await caller.ask<wire::Refusal>(std::move(body));
        EXPECT_EQ(refusal.error.code, code) << name << ": " << refusal.error.message;
        EXPECT_FALSE(refusal.error.message.empty()) << name;
        EXPECT_FALSE(refusal.closing) << name;
    }

    net::Loop loop;
    SystemClock system_clock;
    ManualClock manual_clock;
    const Clock* clock = &system_clock;
    crypto::Identity identity = crypto::Identity::generate();
    FakeRelay relay;
    FakeStore store{[this](auto work) { loop.post(std::move(work)); }};
    Config config;
    std::filesystem::path admin_socket;  // empty: none
    std::unique_ptr<Server> server;

private:
    net::task<> play_and_stop(net::task<> scenario) {
        net::Event ended(loop);
        loop.spawn(run_server(ended));
        try {
            co_await std::move(scenario);
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
        server->stop();
        co_await ended.wait();
    }
    net::task<> run_server(net::Event& ended) {
        co_await server->run();
        ended.set();
    }

    /// One for the whole program: keys take their time.
    static net::CertificatePaths certificate() {
        static const Folder folder;
        return folder.paths;
    }
    struct Folder {
        Folder() {
            auto name = (std::filesystem::temp_directory_path() / "partyline-XXXXXX").string();
            EXPECT_NE(mkdtemp(name.data()), nullptr);
            path = name;
            paths = {.certificate = path / "server.crt", .key = path / "server.key"};
            EXPECT_TRUE(net::create_self_signed_certificate(paths));
        }
        ~Folder() { std::filesystem::remove_all(path); }
        std::filesystem::path path;
        net::CertificatePaths paths;
    };
};

}  // namespace partyline::control
