// For tests: a talkie's side of the control lane, as raw as can be, so that it can also do wrong.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "crypto/handshake.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

/// A test that cannot go on: what it waited for did not come.
struct Unexpected : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The connection, which a server that is killed ends as well.
struct ConnectionEnded : Unexpected {
    using Unexpected::Unexpected;
};

/// Longer than anything in these tests takes on a busy machine.
inline constexpr Duration test_patience = std::chrono::seconds(60);

/// Who a caller says it is. Tests bend it before it is signed, or after.
struct LoginPlan {
    std::string name = "Ada";
    std::vector<std::uint32_t> versions{wire::protocol_version};
    std::function<void(wire::Login&)> bend = [](wire::Login&) {};
};

class Caller {
public:
    explicit Caller(net::Loop& loop, const Clock& clock = system_clock())
        : loop_(loop),
          clock_(clock),
          stream_(loop, net::TlsContext::client(wire::alpn)),
          identity_(crypto::Identity::generate()),
          agreement_(crypto::AgreementKey::generate()) {}

    /// Connects and reads the Hello.
    net::task<wire::Hello> connect(std::uint16_t port) {
        (co_await stream_.connect("127.0.0.1", port, test_patience)).value();
        co_return co_await get<wire::Hello>();
    }

    [[nodiscard]] wire::Login make_login(const LoginPlan& plan, const wire::Hello& hello) const {
        crypto::ExporterValue exporter = stream_.export_value(crypto::exporter_label_login).value();
        crypto::PublicKey server{};
        std::ranges::copy(hello.server_identity, server.begin());
        const auto& x25519 = agreement_.public_key();
        const auto expiry = clock_.unix_ms() + crypto::device_lifetime_ms_max / 2;
        wire::Login login{
            .identity = to_bytes(identity_.public_key()),
            .x25519 = to_bytes(x25519),
            .versions = plan.versions,
            .signature = to_bytes(crypto::sign_login(
                identity_, {.exporter = exporter, .x25519 = x25519, .versions = plan.versions})),
            .device = {.signature = to_bytes(crypto::sign_device(
                           identity_,
                           {.server_id = server, .x25519 = x25519, .expiry_unix_ms = expiry})),
                       .expiry_unix_ms = expiry},
            .name = plan.name};
        plan.bend(login);
        return login;
    }

    /// Connects, logs in, and reads the snapshot to its end.
    net::task<wire::Welcome> log_in(std::uint16_t port, LoginPlan plan) {
        const auto hello = co_await connect(port);
        const auto welcome = co_await ask<wire::Welcome>(make_login(plan, hello));
        session = welcome.session;
        token = welcome.resume_token;
        co_await get<wire::SnapshotEnd>();
        co_return welcome;
    }
    net::task<wire::Welcome> log_in(std::uint16_t port, std::string name) {
        return log_in(port, LoginPlan{.name = std::move(name)});
    }

    /// Connects, and is told why it may not come in.
    net::task<Error> turned_away(std::uint16_t port) {
        (co_await stream_.connect("127.0.0.1", port, test_patience)).value();
        co_return co_await farewell();
    }
    /// Whether it is hung up on before the handshake is over.
    net::task<bool> hung_up_on(std::uint16_t port) {
        const auto connected = co_await stream_.connect("127.0.0.1", port, test_patience);
        co_return !connected && connected.error().code == ErrorCode::closed;
    }

    /// What whoever `lost` was asks on our connection, to go on where it has read to.
    [[nodiscard]] wire::Resume make_resume(const Caller& lost) const {
        const auto exporter = stream_.export_value(crypto::exporter_label_login).value();
        return {.session = lost.session,
                .token = lost.token,
                .last_seq = lost.last_seq_,
                .signature = to_bytes(crypto::sign_resume(
                    lost.identity_, {.exporter = exporter, .session = lost.session}))};
    }
    /// Connects, and goes on as whoever `lost` was. It is nobody from then on.
    net::task<wire::Resumed> resume(std::uint16_t port, Caller& lost) {
        co_await connect(port);
        auto resumed = co_await ask<wire::Resumed>(make_resume(lost));
        be(lost);
        session = lost.session;
        token = resumed.resume_token;
        last_seq_ = resumed.seq;
        co_return resumed;
    }

    /// Connects, and is told why it does not get the seat of whoever `lost` was.
    net::task<wire::Refusal> resume_in_vain(std::uint16_t port, const Caller& lost) {
        co_await connect(port);
        co_return co_await ask<wire::Refusal>(make_resume(lost));
    }

    net::task<std::uint64_t> send(wire::ClientBody body) {
        const auto id = ++last_request_;
        co_await send_message({.request_id = id, .body = std::move(body)});
        co_return id;
    }
    net::task<> send_message(wire::ClientMessage message) {
        Bytes frame;
        wire::append_frame(frame, wire::encode(message)).value();
        co_await send_bytes(std::move(frame));
    }
    net::task<> send_bytes(Bytes bytes) { (co_await stream_.write(bytes)).value(); }

    /// Sends a request and waits for its answer, which must be an `Answer`.
    template <class Answer>
    net::task<Answer> ask(wire::ClientBody body) {
        const auto id = co_await send(std::move(body));
        co_return co_await answer<Answer>(id);
    }
    template <class Answer>
    net::task<Answer> answer(std::uint64_t id) {
        for (;;) {
            auto message = co_await next();
            if (message.reply_to == id) {
                co_return take<Answer>(std::move(message));
            }
        }
    }

    /// The next message that is a `Body`; others are passed over.
    template <class Body>
    net::task<Body> get() {
        for (;;) {
            auto message = co_await next();
            if (std::holds_alternative<Body>(message.body)) {
                co_return take<Body>(std::move(message));
            }
        }
    }

    /// All that it is told before the answer to a ping.
    net::task<std::vector<wire::ServerBody>> told() {
        const auto ping = co_await send(wire::ControlPing{});
        std::vector<wire::ServerBody> bodies;
        for (;;) {
            auto message = co_await next();
            if (message.reply_to == ping) {
                co_return bodies;
            }
            bodies.push_back(std::move(message.body));
        }
    }
    /// Whether a `Body` is among that.
    template <class Body>
    net::task<bool> is_told() {
        const auto bodies = co_await told();
        co_return std::ranges::any_of(bodies, [](const wire::ServerBody& body) {
            return std::holds_alternative<Body>(body);
        });
    }

    /// The next message. Events must be numbered without a gap.
    net::task<wire::ServerMessage> next() {
        auto message = co_await next_or_end();
        if (!message) {
            throw ConnectionEnded("the connection ended: " + message.error().message);
        }
        co_return std::move(*message);
    }

    /// Reads to the end of the connection, and gives the last message that came.
    net::task<std::optional<wire::ServerMessage>> last_words() {
        std::optional<wire::ServerMessage> last;
        while (auto message = co_await next_or_end()) {
            last = std::move(*message);
        }
        co_return last;
    }

    /// Reads to the end of the connection: why it has to go. Not said: no error.
    net::task<Error> farewell() {
        const auto last = co_await last_words();
        const auto* words = last ? std::get_if<wire::Goodbye>(&last->body) : nullptr;
        co_return words == nullptr ? Error{} : words->error;
    }

    void close() { stream_.close(); }
    /// As networks do it.
    void break_off() { stream_.break_off(); }
    /// Comes back as whoever `other` was.
    void be(Caller& other) { std::swap(identity_, other.identity_); }
    void be(crypto::Identity identity) { identity_ = std::move(identity); }
    [[nodiscard]] const crypto::Identity& identity() const { return identity_; }
    [[nodiscard]] const crypto::AgreementKey& agreement() const { return agreement_; }
    [[nodiscard]] Result<net::ExportedValue> exported(std::string_view label) const {
        return stream_.export_value(label);
    }

    SessionId session{};
    Bytes token;

private:
    static const Clock& system_clock() {
        static const SystemClock clock;
        return clock;
    }

    net::task<Result<wire::ServerMessage>> next_or_end() {
        for (;;) {
            const auto frame = frames_.next().value();
            if (frame) {
                auto message = wire::decode_server(*frame).value();
                if (message.seq != 0 && message.seq != ++last_seq_) {
                    throw Unexpected("an event is missing");
                }
                co_return message;
            }
            std::array<std::byte, 4096> buffer;
            const net::Alarm late(loop_, test_patience, [this] { stream_.close(); });
            const auto got = co_await stream_.read_some(buffer);
            if (!got) {
                co_return std::unexpected(got.error());
            }
            frames_.feed(ByteView(buffer).first(*got));
        }
    }

    template <class Body>
    static Body take(wire::ServerMessage message) {
        if (auto* body = std::get_if<Body>(&message.body)) {
            return std::move(*body);
        }
        if (const auto* refusal = std::get_if<wire::Refusal>(&message.body)) {
            throw Unexpected("refused: " + refusal->error.message);
        }
        throw Unexpected("another answer: " + std::string(wire::name_of(message.body)));
    }

    net::Loop& loop_;
    const Clock& clock_;
    net::TlsStream stream_;
    crypto::Identity identity_;
    crypto::AgreementKey agreement_;
    wire::FrameReader frames_;
    std::uint64_t last_request_ = 0;
    std::uint64_t last_seq_ = 0;
};

}  // namespace partyline::control
