// Callers that do wrong. They are ended or refused, with a reason, and nobody else notices.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/random.hpp"
#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

Bytes framed(ByteView message) {
    Bytes frame;
    append_be<std::uint32_t>(frame, static_cast<std::uint32_t>(message.size()));
    append(frame, message);
    return frame;
}

template <class Message>
ErrorCode code_of(const std::optional<wire::ServerMessage>& last) {
    const auto* message = last ? std::get_if<Message>(&last->body) : nullptr;
    return message == nullptr ? ErrorCode::unspecified : message->error.code;
}

class PlainSocket {
public:
    /// From 127.0.0.`host`.
    explicit PlainSocket(std::uint16_t port, std::uint32_t host = 1)
        : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
        EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~PlainSocket() { ::close(fd_); }
    PlainSocket(const PlainSocket&) = delete;
    PlainSocket& operator=(const PlainSocket&) = delete;

    void send(std::string_view text) const {
        EXPECT_EQ(::send(fd_, text.data(), text.size(), 0), std::ssize(text));
    }

private:
    int fd_;
};

class AbuseTest : public ServerTest {
protected:
    struct BadBytes {
        std::string what;
        ErrorCode code;
        Bytes bytes;
    };
    static std::vector<BadBytes> bad_bytes() {
        const auto body = [](const wire::ClientBody& message) {
            return framed(wire::encode(wire::ClientMessage{.request_id = 1, .body = message}));
        };
        Random random(1);
        Bytes garbage(500, std::byte{0xFF});
        std::ranges::generate(garbage, [&] { return static_cast<std::byte>(random.next()); });
        Bytes huge(4);
        store_be<std::uint32_t>(huge, wire::frame_bytes_max + 1);
        wire::ShareKeys many;
        many.shares.resize(wire::shares_per_message_max + 1);
        return {
            {"a frame that is no message", ErrorCode::malformed, framed(Bytes(9, std::byte{0xFF}))},
            {"an empty frame", ErrorCode::malformed, Bytes(4)},
            {"garbage in a frame", ErrorCode::malformed, framed(garbage)},
            {"a frame that is too long", ErrorCode::too_large, huge},
            {"a text that is too long", ErrorCode::too_large,
             body(wire::SendText{.channel = lobby, .text = std::string(4097, 'x')})},
            {"too many shares", ErrorCode::too_large, body(many)},
            {"a share that is too long", ErrorCode::too_large,
             body(wire::ShareKeys{.shares = {{.sealed = Bytes(129)}}})},
            {"a datagram that is too long", ErrorCode::too_large,
             body(wire::VoiceTunnel{.datagram = Bytes(1201)})},
            {"a stream that is none", ErrorCode::malformed,
             body(wire::ShareKeys{.stream = StreamId{8}})},
        };
    }

    net::task<> bad_frames() {
        Caller witness(loop);
        co_await witness.log_in(port(), "Witness");
        for (const bool logged_in : {false, true}) {
            for (const auto& [what, code, bytes] : bad_bytes()) {
                Caller caller(loop);
                if (logged_in) {
                    co_await caller.log_in(port(), "Caller");
                } else {
                    co_await caller.connect(port());
                }
                co_await caller.send_bytes(bytes);
                EXPECT_EQ(code_of<wire::Refusal>(co_await caller.last_words()), code) << what;
                co_await witness.ask<wire::ControlPong>(wire::ControlPing{});
            }
        }
        EXPECT_EQ(server->model().sessions().size(), 1U);
    }

    /// Not even TLS. A Caller sees only that it comes to nothing.
    net::task<> no_tls() {
        Caller witness(loop);
        co_await witness.log_in(port(), "Witness");
        net::TlsStream other(loop, net::TlsContext::client("http/1.1"));
        const auto refused = co_await other.connect("127.0.0.1", port(), test_patience);
        EXPECT_EQ(refused.error().code, ErrorCode::wrong_version);
        co_await witness.ask<wire::ControlPong>(wire::ControlPing{});
    }

    net::task<> flood() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        const auto burst = static_cast<int>(config.limits.messages.burst) - 1;
        for (int i = 0; i < burst; ++i) {
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        }
        const auto refusal = co_await ada.ask<wire::Refusal>(wire::ControlPing{});
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 20U);
        manual_clock.advance(std::chrono::milliseconds(refusal.error.retry_ms));
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});

        // Whoever does not care is ended at last.
        for (int i = 0; i < static_cast<int>(config.limits.refusals.burst); ++i) {
            co_await ada.send(wire::ControlPing{});
        }
        EXPECT_EQ(code_of<wire::Goodbye>(co_await ada.last_words()), ErrorCode::rate_limited);
    }

    static wire::SendText long_text() { return {.channel = lobby, .text = std::string(4096, 'x')}; }

    net::task<> slow_reader() {
        Caller slow(loop, manual_clock);
        co_await slow.log_in(port(), "Slow");
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        for (auto* caller : {&slow, &ada}) {
            co_await caller->ask<wire::Joined>(wire::Join{lobby});
        }
        manual_clock.advance(quiet_line - std::chrono::milliseconds(1));
        // The system's own buffers have to fill first.
        for (int sent = 0; server->model().find(slow.session) != nullptr && sent < 10'000; ++sent) {
            co_await ada.ask<wire::TextAccepted>(long_text());
        }
        EXPECT_EQ(server->model().find(slow.session), nullptr);
        EXPECT_EQ((co_await ada.get<wire::MemberLeft>()).session, slow.session);
        co_await ada.ask<wire::TextAccepted>(long_text());
        // Once it reads after all, it finds whole messages and learns why.
        EXPECT_EQ(code_of<wire::Goodbye>(co_await slow.last_words()), ErrorCode::timed_out);
    }

    /// A line that is broken looks like a slow reader where much is told; but nothing comes over it either.
    net::task<> broken_line() {
        Caller lost(loop, manual_clock);
        co_await lost.log_in(port(), "Lost");
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        for (auto* caller : {&lost, &ada}) {
            co_await caller->ask<wire::Joined>(wire::Join{lobby});
        }
        manual_clock.advance(quiet_line);
        for (int sent = 0; server->seats_away() == 0 && sent < 10'000; ++sent) {
            co_await ada.ask<wire::TextAccepted>(long_text());
        }
        EXPECT_EQ(server->seats_away(), 1U);
        EXPECT_NE(server->model().find(lost.session), nullptr);
        Caller again(loop, manual_clock);
        EXPECT_EQ((co_await again.resume(port(), lost)).channel, lobby);
        EXPECT_EQ(server->seats_away(), 0U);
        EXPECT_FALSE(co_await ada.is_told<wire::MemberLeft>()) << "nobody has noticed";
    }

    net::task<> too_many_connections() {
        Caller first(loop);
        co_await first.connect(port());
        Caller second(loop);
        co_await second.log_in(port(), "Second");
        Caller third(loop);
        co_await third.connect(port());
        Caller fourth(loop);
        EXPECT_EQ((co_await fourth.turned_away(port())).code, ErrorCode::server_full);
        first.close();
        while (server->admission().connections() == 3) {
            co_await second.ask<wire::ControlPong>(wire::ControlPing{});
        }
        Caller fifth(loop);
        co_await fifth.log_in(port(), "Fifth");
    }

    /// Bytes that are no TLS, and none at all, over plain TCP.
    net::task<> no_handshake() {
        Caller witness(loop);
        co_await witness.log_in(port(), "Witness");
        // Only now, as the witness may well need longer.
        auto limits = config.limits;
        limits.handshake = std::chrono::milliseconds(100);
        server->reconfigure({.name = config.name, .limits = limits}, tls());
        const PlainSocket garbage(port());
        garbage.send("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n");
        const PlainSocket silent(port());
        // Garbage is refused at once; silence has until the deadline.
        while (server->admission().connections() == 1) {
            co_await witness.ask<wire::ControlPong>(wire::ControlPing{});
        }
        while (server->admission().connections() > 1) {
            co_await witness.ask<wire::ControlPong>(wire::ControlPing{});
        }
        EXPECT_EQ(server->admission().unauthenticated(), 0U);
    }

    /// The door is full of such as only stand there.
    net::task<> door_blocked() {
        const PlainSocket one(port(), 2);
        const PlainSocket other(port(), 3);
        while (server->admission().connections() < 2) {
            co_await net::Timer(loop).wait(tick_interval);
        }
        Caller caller(loop);
        co_await caller.log_in(port(), "Caller");
        EXPECT_EQ(server->admission().unauthenticated(), 1U);
        while (server->admission().connections() > 2) {
            co_await caller.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }

    net::task<> shutting_down() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop);
        co_await bob.connect(port());
        const auto address = port();
        server->stop();
        EXPECT_EQ(code_of<wire::Goodbye>(co_await ada.last_words()), ErrorCode::shutting_down);
        EXPECT_EQ(code_of<wire::Goodbye>(co_await bob.last_words()), ErrorCode::shutting_down);
        net::TlsStream stream(loop, net::TlsContext::client(wire::alpn));
        EXPECT_FALSE(co_await stream.connect("127.0.0.1", address, test_patience));
    }

    net::task<> deaf_to_the_goodbye() {
        deaf_.emplace(loop);
        co_await deaf_->log_in(port(), "Deaf");
    }

    std::optional<Caller> deaf_;
};

TEST_F(AbuseTest, BadFramesEndTheirConnection) { play(bad_frames()); }
TEST_F(AbuseTest, AnotherProtocolComesToNothing) { play(no_tls()); }
TEST_F(AbuseTest, WhoDoesNotShakeHandsIsHungUpOn) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(no_handshake());
}
TEST_F(AbuseTest, WhoStandsInTheDoorGivesWay) {
    config.limits.unauthenticated = 2;
    config.limits.door_time = {};
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(door_blocked());
}
TEST_F(AbuseTest, AFloodIsRefusedAndThenEnded) {
    clock = &manual_clock;
    play(flood());
}
TEST_F(AbuseTest, ASlowReaderIsCut) {
    clock = &manual_clock;
    config.limits.texts = config.limits.messages = {.per_second = 1e9, .burst = 1e9};
    config.limits.closing = test_patience;
    play(slow_reader());
}
TEST_F(AbuseTest, OfABrokenLineTheSeatIsKeptHoweverMuchIsTold) {
    clock = &manual_clock;
    config.limits.texts = config.limits.messages = {.per_second = 1e9, .burst = 1e9};
    config.limits.closing = test_patience;
    play(broken_line());
}
TEST_F(AbuseTest, ConnectionsOfOneAddressAreCounted) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    config.limits.connections_per_address = 3;
    play(too_many_connections());
}
TEST_F(AbuseTest, ShuttingDownSaysGoodbye) { play(shutting_down()); }
TEST_F(AbuseTest, WhoDoesNotHearTheGoodbyeIsHungUpOn) {
    config.limits.closing = std::chrono::milliseconds(50);
    play(deaf_to_the_goodbye());
}

}  // namespace
}  // namespace partyline::control
