#include <format>

#include "server/control/server_fixture.hpp"
#include "wire/control_examples.hpp"

namespace partyline::control {
namespace {

class LoginTest : public ServerTest {
protected:
    net::task<> hello_proves_the_server() {
        Caller ada(loop);
        const auto hello = co_await ada.connect(port());
        EXPECT_EQ(hello.server_identity, to_bytes(identity.public_key()));
        EXPECT_EQ(hello.versions, std::vector<std::uint32_t>{wire::protocol_version});
        EXPECT_EQ(hello.server_name, "The house");
        EXPECT_EQ(hello.limits.text_bytes, wire::text_bytes_max);
        crypto::Signature signature{};
        std::ranges::copy(hello.signature, signature.begin());
        EXPECT_TRUE(crypto::verify_server_hello(
            identity.public_key(), ada.exported(crypto::exporter_label_login).value(), signature));
    }

    net::task<> welcome_and_snapshot() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await ada.ask<wire::Joined>(wire::Join{attic});

        Caller bob(loop);
        const auto hello = co_await bob.connect(port());
        const auto welcome =
            co_await bob.ask<wire::Welcome>(bob.make_login({.name = "Bob"}, hello));
        EXPECT_GT(welcome.session, ada.session);
        EXPECT_EQ(welcome.version, wire::protocol_version);
        EXPECT_EQ(welcome.route, relay.seats.at(welcome.session)->route);
        expect_hop_keys(bob, *relay.seats.at(welcome.session));

        const auto channels = co_await bob.get<wire::ChannelPage>();
        const std::vector<wire::Channel> tree{{.id = lobby, .name = "Lobby", .topic = "Come in"},
                                              {.id = attic, .parent = lobby, .name = "Attic"}};
        EXPECT_EQ(channels.channels, tree);
        const auto people = co_await bob.get<wire::PresencePage>();
        const std::vector<wire::Presence> both{
            {.session = ada.session, .name = "Ada", .channel = attic},
            {.session = welcome.session, .name = "Bob"}};
        EXPECT_EQ(people.sessions, both);
        co_await bob.get<wire::SnapshotEnd>();

        const auto arrival = co_await ada.get<wire::PresenceChanged>();
        EXPECT_EQ(arrival.sessions.back().name, "Bob");
    }

    net::task<> a_snapshot_has_pages() {
        Caller ada(loop);
        const auto hello = co_await ada.connect(port());
        std::size_t channels = 0;
        co_await ada.send(ada.make_login({}, hello));
        for (;;) {
            const auto message = co_await ada.next();
            if (const auto* page = std::get_if<wire::ChannelPage>(&message.body)) {
                EXPECT_LE(page->channels.size(), wire::page_entries_max);
                channels += page->channels.size();
            } else if (std::holds_alternative<wire::SnapshotEnd>(message.body)) {
                break;
            }
        }
        EXPECT_EQ(channels, config.channels.size());
    }

    /// Every login that is refused ends its connection, and nobody else notices.
    net::task<> refused_logins() {
        Caller witness(loop);
        co_await witness.log_in(port(), "Witness");
        struct Case {
            std::string what;
            ErrorCode code;
            LoginPlan plan;
        };
        const auto flip = [](Bytes& bytes) { bytes[7] ^= std::byte{1}; };
        const std::vector<Case> cases{
            {"another version", ErrorCode::wrong_version, {.versions = {2, 3}}},
            {"no version", ErrorCode::wrong_version, {.versions = {}}},
            {"a wrong signature",
             ErrorCode::bad_signature,
             {.bend = [&](auto& login) { flip(login.signature); }}},
            {"another's identity",
             ErrorCode::bad_signature,
             {.bend =
                  [&](auto& login) {
                      login.identity = to_bytes(witness.identity().public_key());
                  }}},
            {"an agreement key that was not signed",
             ErrorCode::bad_signature,
             {.bend = [&](auto& login) { flip(login.x25519); }}},
            {"versions that were not signed",
             ErrorCode::bad_signature,
             {.bend = [&](auto& login) { login.versions.push_back(7); }}},
            {"a wrong device signature",
             ErrorCode::bad_signature,
             {.bend = [&](auto& login) { flip(login.device.signature); }}},
            {"an expired device",
             ErrorCode::bad_signature,
             {.bend = [&](auto& login) { login.device.expiry_unix_ms = 1; }}},
            {"a key of zeros",
             ErrorCode::bad_signature,
             {.bend = [&](auto& login) { login.identity.assign(32, std::byte{}); }}},
            {"a short key",
             ErrorCode::malformed,
             {.bend = [&](auto& login) { login.identity.pop_back(); }}},
            {"no name", ErrorCode::invalid_name, {.name = ""}},
            {"a name that hides something", ErrorCode::invalid_name, {.name = "Ada\u202E"}},
            {"a name that is too long", ErrorCode::too_large, {.name = std::string(33, 'a')}},
            {"a name that is taken", ErrorCode::name_taken, {.name = "wITNESS"}},
        };
        for (const auto& [what, code, plan] : cases) {
            Caller caller(loop);
            const auto hello = co_await caller.connect(port());
            co_await caller.send(caller.make_login(plan, hello));
            expect_last_refusal(co_await caller.last_words(), code, what);
            co_await witness.ask<wire::ControlPong>(wire::ControlPing{.token = 1});
        }
        EXPECT_EQ(server->model().sessions().size(), 1U);
    }

    static void expect_last_refusal(const std::optional<wire::ServerMessage>& last, ErrorCode code,
                                    const std::string& what) {
        const auto* refusal = last ? std::get_if<wire::Refusal>(&last->body) : nullptr;
        if (refusal == nullptr) {
            ADD_FAILURE() << what << ": no refusal";
            return;
        }
        EXPECT_EQ(refusal->error.code, code) << what << ": " << refusal->error.message;
        EXPECT_TRUE(refusal->closing) << what;
    }

    /// A login recorded on one connection is worthless on another.
    net::task<> replayed_login() {
        Caller ada(loop);
        const auto login = ada.make_login({}, co_await ada.connect(port()));
        Caller eve(loop);
        co_await eve.connect(port());
        co_await eve.send(login);
        expect_last_refusal(co_await eve.last_words(), ErrorCode::bad_signature, "replayed");
    }

    net::task<> before_login() {
        for (const auto& body : wire::examples::client_bodies()) {
            // Resume has tests of its own.
            if (std::holds_alternative<wire::Unknown>(body) ||
                std::holds_alternative<wire::Login>(body) ||
                std::holds_alternative<wire::Resume>(body)) {
                continue;
            }
            Caller caller(loop);
            co_await caller.connect(port());
            co_await caller.send(body);
            expect_last_refusal(co_await caller.last_words(), ErrorCode::not_logged_in,
                                std::string(wire::name_of(body)));
        }
    }

    net::task<> unknown_requests() {
        Caller ada(loop);
        const auto hello = co_await ada.connect(port());
        co_await refused(ada, wire::Unknown{}, ErrorCode::unsupported);
        co_await ada.ask<wire::Welcome>(ada.make_login({}, hello));
        co_await refused(ada, wire::Unknown{}, ErrorCode::unsupported);
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
    }

    net::task<> double_login() {
        Caller ada(loop);
        const auto hello = co_await ada.connect(port());
        co_await ada.ask<wire::Welcome>(ada.make_login({}, hello));
        co_await refused(ada, ada.make_login({.name = "Eve"}, hello), ErrorCode::already_logged_in);
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        EXPECT_EQ(server->model().sessions().size(), 1U);
    }

    net::task<> names_come_free() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller watcher(loop);
        co_await watcher.log_in(port(), "Watcher");
        const auto first = ada.session;
        ada.close();
        for (;;) {
            const auto change = co_await watcher.get<wire::PresenceChanged>();
            if (std::ranges::contains(change.gone, first)) {
                break;
            }
        }
        Caller again(loop);
        co_await again.log_in(port(), "ada");
        EXPECT_GT(again.session, watcher.session);
    }

    /// What the network did to the first connection, the server may not know yet.
    net::task<> one_seat_for_one_identity() {
        Caller watcher(loop);
        co_await watcher.log_in(port(), "Watcher");
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller back(loop);
        back.be(ada);
        const auto hello = co_await back.connect(port());
        co_await back.send(back.make_login({.name = "watcher"}, hello));
        expect_last_refusal(co_await back.last_words(), ErrorCode::name_taken, "another's name");
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});

        Caller again(loop);
        again.be(back);
        co_await again.log_in(port(), "ADA");
        const auto last = co_await ada.last_words();
        const auto* goodbye = last ? std::get_if<wire::Goodbye>(&last->body) : nullptr;
        EXPECT_TRUE(goodbye != nullptr && goodbye->error.code == ErrorCode::replaced);
        EXPECT_EQ(server->model().sessions().size(), 2U);
        EXPECT_EQ(server->model().find(ada.session), nullptr);
    }

    net::task<> full_server() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop);
        co_await bob.send(bob.make_login({.name = "Bob"}, co_await bob.connect(port())));
        expect_last_refusal(co_await bob.last_words(), ErrorCode::server_full, "full");
    }

    net::task<> silent_before_login() {
        Caller caller(loop);
        co_await caller.connect(port());
        manual_clock.advance(config.limits.login);
        expect_last_refusal(co_await caller.last_words(), ErrorCode::timed_out, "silent");
    }

    net::task<> silent_after_login() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop, manual_clock);
        co_await bob.log_in(port(), "Bob");
        manual_clock.advance(config.limits.silence - std::chrono::seconds(1));
        co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
        manual_clock.advance(std::chrono::seconds(1));
        const auto last = co_await ada.last_words();
        const auto* goodbye = last ? std::get_if<wire::Goodbye>(&last->body) : nullptr;
        EXPECT_TRUE(goodbye != nullptr && goodbye->error.code == ErrorCode::timed_out);
        co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
    }
};

TEST_F(LoginTest, HelloProvesTheServer) { play(hello_proves_the_server()); }
TEST_F(LoginTest, WelcomeAndSnapshot) { play(welcome_and_snapshot()); }
TEST_F(LoginTest, ASnapshotHasPages) {
    for (std::uint32_t id = 3; id <= 300; ++id) {
        config.channels.push_back({.id = ChannelId{id}, .name = std::format("Room {}", id)});
    }
    play(a_snapshot_has_pages());
}
TEST_F(LoginTest, RefusedLoginsEndTheConnection) { play(refused_logins()); }
TEST_F(LoginTest, AReplayedLoginIsWorthless) { play(replayed_login()); }
TEST_F(LoginTest, NothingComesBeforeTheLogin) { play(before_login()); }
TEST_F(LoginTest, UnknownRequestsAreUnsupported) { play(unknown_requests()); }
TEST_F(LoginTest, ASecondLoginIsRefused) { play(double_login()); }
TEST_F(LoginTest, NamesComeFreeAndSessionsDoNot) { play(names_come_free()); }
TEST_F(LoginTest, OneSeatForOneIdentity) { play(one_seat_for_one_identity()); }
TEST_F(LoginTest, OneSeatForOneIdentityOnAFullServer) {
    config.limits.sessions = 2;
    play(one_seat_for_one_identity());
}
TEST_F(LoginTest, AFullServerSaysSo) {
    config.limits.sessions = 1;
    play(full_server());
}
TEST_F(LoginTest, WhoDoesNotLogInInTimeIsEnded) {
    clock = &manual_clock;
    play(silent_before_login());
}
TEST_F(LoginTest, WhoFallsSilentIsEnded) {
    clock = &manual_clock;
    play(silent_after_login());
}

}  // namespace
}  // namespace partyline::control
