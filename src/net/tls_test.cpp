#include "net/tls.hpp"

#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>

#include <set>

#include "net/gate.hpp"
#include "net/limits.hpp"
#include "net/tls_fixture.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;

TEST_F(TlsTest, CarriesBytesBothWaysAndEndsInOrder) {
    Bytes sent(1'000'000);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        sent[i] = static_cast<std::byte>(i % 251);
    }
    struct Case {
        Endpoint endpoint;
        std::string host;
        bool to_server = false;
    };
    const Case cases[] = {
        {Endpoint::loopback_v4(0), "127.0.0.1", true},
        {Endpoint::loopback_v4(0), "127.0.0.1"},
        {Endpoint::loopback_v6(0), "::1"},
        {Endpoint::any_v6(0), "127.0.0.1", true},
        {Endpoint::any_v6(0), "localhost", true},
    };
    for (const auto& [endpoint, host, to_server] : cases) {
        auto listener = listen(endpoint);
        Pair pair;
        loop_.run_until_done(make_pair(loop_, listener, TlsContext::client(alpn), host, pair));
        ASSERT_TRUE(pair.client_result) << host << ": " << pair.client_result.error().message;
        ASSERT_TRUE(pair.server_result);
        EXPECT_EQ(pair.client->remote().port(), listener.local().port());

        Bytes received;
        Error end;
        loop_.spawn(read_all(to_server ? *pair.server : *pair.client, received, end));
        loop_.run_until_done(send_and_end(to_server ? *pair.client : *pair.server, sent));
        EXPECT_EQ(received, sent);
        EXPECT_EQ(end.code, ErrorCode::closed);
    }
}

TEST_F(TlsTest, TellsABreakFromAnOrderlyEnd) {
    for (const bool in_order : {true, false}) {
        auto listener = listen();
        Pair pair;
        loop_.run_until_done(
            make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
        if (in_order) {
            pair.client->close();
        } else {
            pair.client->break_off();
        }
        Bytes received;
        Error end;
        loop_.run_until_done(read_all(*pair.server, received, end));
        EXPECT_EQ(end.code, in_order ? ErrorCode::closed : ErrorCode::io);
        EXPECT_EQ(pair.server->peer_has_ended(), in_order);
    }
}

// A peer that was told good-bye and neither reads nor ends, but goes on sending.
task<> end_while_peer_sends(Loop& loop, TlsListener& listener, TlsContext client, bool& served) {
    Pair rude;
    co_await make_pair(loop, listener, client, "127.0.0.1", rude);
    EXPECT_TRUE(rude.client_result);
    Gate gate(loop);
    const auto finish = [](TlsStream& stream, [[maybe_unused]] Gate::Pass pass) -> task<> {
        co_await stream.finish(patience);
    };
    loop.spawn(finish(*rude.server, gate.enter().value()));
    EXPECT_TRUE(co_await rude.client->write(as_bytes("not done yet")));

    // The loop must still be there for others.
    Pair other;
    co_await make_pair(loop, listener, client, "127.0.0.1", other);
    EXPECT_TRUE(other.client_result);
    EXPECT_TRUE(other.server_result);
    served = true;
    rude.client->close();
    co_await gate.close();
}

TEST_F(TlsTest, APeerThatGoesOnSendingAfterTheEndHoldsUpNobody) {
    auto listener = listen();
    bool served = false;
    loop_.run_until_done(end_while_peer_sends(loop_, listener, TlsContext::client(alpn), served));
    EXPECT_TRUE(served);
}

TEST_F(TlsTest, ExportsTheSameOnBothSidesAndAnotherForEachLabelAndConnection) {
    auto listener = listen();
    std::set<ExportedValue> seen;
    for (int i = 0; i < 2; ++i) {
        Pair pair;
        loop_.run_until_done(
            make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
        for (const auto* const label : {"EXPORTER-a", "EXPORTER-b"}) {
            const auto value = pair.client->export_value(label).value();
            EXPECT_EQ(pair.server->export_value(label).value(), value);
            EXPECT_TRUE(seen.insert(value).second);
        }
        pair.client->close();
        EXPECT_FALSE(pair.client->export_value("EXPORTER-a"));
    }
}

TEST_F(TlsTest, RefusesAnotherAlpn) {
    auto listener = listen();
    Pair pair;
    loop_.run_until_done(
        make_pair(loop_, listener, TlsContext::client("test/2"), "127.0.0.1", pair));
    ASSERT_FALSE(pair.client_result);
    EXPECT_EQ(pair.client_result.error().code, ErrorCode::wrong_version);
    ASSERT_FALSE(pair.server_result);
    EXPECT_EQ(pair.server_result.error().code, ErrorCode::wrong_version);
}

// Clients that TlsContext::client() does not make.
TlsContext odd_client(void (*change)(SSL_CTX*)) {
    const auto client = TlsContext::client(alpn);
    change(client.native()->ctx.get());
    return client;
}

TEST_F(TlsTest, RefusesClientsWithoutAlpnOrTls13) {
    const auto clients = {
        odd_client([](SSL_CTX* ctx) { SSL_CTX_set_alpn_protos(ctx, nullptr, 0); }),
        odd_client([](SSL_CTX* ctx) {
            SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
            SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
        }),
    };
    for (const auto& client : clients) {
        auto listener = listen();
        Pair pair;
        loop_.run_until_done(make_pair(loop_, listener, client, "127.0.0.1", pair));
        ASSERT_FALSE(pair.server_result);
        EXPECT_EQ(pair.server_result.error().code, ErrorCode::wrong_version)
            << pair.server_result.error().message;
        EXPECT_FALSE(pair.server->is_open());
    }
}

TEST_F(TlsTest, GivesNoTicketsAndResumesNothing) {
    auto listener = listen();
    Pair pair;
    loop_.run_until_done(make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
    auto* const session = SSL_get_session(pair.client->native().ssl.get());
    EXPECT_EQ(SSL_SESSION_has_ticket(session), 0);
    EXPECT_EQ(SSL_SESSION_is_resumable(session), 0);
}

task<> expect_closed_read(TlsStream& stream) {
    std::array<std::byte, 10> buffer;
    const auto got = co_await stream.read_some(buffer);
    EXPECT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::closed);
    const auto again = co_await stream.read_some(buffer);
    EXPECT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::closed);
    const auto written = co_await stream.write(buffer);
    EXPECT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::closed);
}

TEST_F(TlsTest, CloseEndsAPendingRead) {
    auto listener = listen();
    Pair pair;
    loop_.run_until_done(make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
    loop_.post([&] { loop_.post([&] { pair.client->close(); }); });
    loop_.run_until_done(expect_closed_read(*pair.client));
}

task<> write_for_ever(TlsStream& stream, Error& end, std::size_t& written) {
    const Bytes block(10'000);
    for (;;) {
        const auto result = co_await stream.write(block);
        if (!result) {
            end = result.error();
            co_return;
        }
        written += block.size();
    }
}

/// Closes it once nothing more can be written; `unsent` is what the system has of it by then. A look may come
/// before the writer has had its turn: two in a row do not.
task<> close_when_full(Loop& loop, TlsStream& stream, const std::size_t& written, int& unsent) {
    Timer timer(loop);
    std::size_t before = 0;
    for (int still = 0; still < 3;) {
        co_await timer.wait(milliseconds(10));
        still = written > 0 && written == before ? still + 1 : 0;
        before = written;
    }
    EXPECT_EQ(ioctl(SSL_get_fd(stream.native().ssl.get()), SIOCOUTQNSD, &unsent), 0);
    stream.close();
}

/// What a peer that does not read leaves with us must not be much: nobody counts it.
TEST_F(TlsTest, CloseEndsAPendingWriteAndLittleWaitsInTheSystem) {
    for (const bool at_server : {true, false}) {
        auto listener = listen();
        Pair pair;
        loop_.run_until_done(
            make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
        auto& stream = at_server ? *pair.server : *pair.client;
        Error end;
        std::size_t written = 0;
        int unsent = 0;
        loop_.spawn(close_when_full(loop_, stream, written, unsent));
        loop_.run_until_done(write_for_ever(stream, end, written));
        EXPECT_EQ(end.code, ErrorCode::closed);
        // Below half of it there is room again, and the last write may go beyond it by a segment.
        EXPECT_GE(unsent, unsent_bytes_max / 2);
        EXPECT_LT(unsent, 2 * unsent_bytes_max) << written << " bytes, with the peer's own buffer";
    }
}

task<> read_from_dropped(std::optional<TlsStream>& stream, Loop& loop, Error& end) {
    std::array<std::byte, 10> buffer;
    loop.post([&] { stream.reset(); });
    const auto got = co_await stream->read_some(buffer);
    end = got.error();
}

TEST_F(TlsTest, DroppingTheStreamUnderAPendingReadIsSafe) {
    auto listener = listen();
    Pair pair;
    loop_.run_until_done(make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
    Error end;
    loop_.run_until_done(read_from_dropped(pair.client, loop_, end));
    EXPECT_EQ(end.code, ErrorCode::closed);
}

// --- peers that do not speak TLS ----------------------------------------------------------------

task<> send_raw(Loop& loop, std::uint16_t port, std::string text, Event& hold) {
    tcp::socket socket(context_of(loop));
    co_await socket.async_connect(native_of(Endpoint::loopback_v4(port)), as_result);
    co_await boost::asio::async_write(socket, boost::asio::buffer(text), as_result);
    co_await hold.wait();
}

task<> serve_and_wait(TlsListener& listener, Pair& pair, Duration limit, Event& done) {
    co_await serve_one(listener, pair, limit, done);
    co_await done.wait();
}

TEST_F(TlsTest, HalfOpenAndGarbageHandshakesEnd) {
    struct Case {
        std::string sent;
        ErrorCode expected;
    };
    const std::string record_header("\x16\x03\x01\x02\x00", 5);
    const Case cases[] = {
        {"", ErrorCode::timed_out},
        {record_header, ErrorCode::timed_out},
        {record_header + std::string(512, '\xEE'), ErrorCode::io},
    };
    for (const auto& [sent, expected] : cases) {
        auto listener = listen();
        Pair pair;
        Event done(loop_);
        Event hold(loop_);
        loop_.spawn(send_raw(loop_, listener.local().port(), sent, hold));
        const auto limit = expected == ErrorCode::timed_out ? milliseconds(50) : patience;
        loop_.run_until_done(serve_and_wait(listener, pair, limit, done));
        ASSERT_FALSE(pair.server_result);
        EXPECT_EQ(pair.server_result.error().code, expected) << pair.server_result.error().message;
        hold.set();
        loop_.post([&] { loop_.post([&] { loop_.stop(); }); });
        loop_.run();
    }
}

// One connection's TLS error must not be taken for another's (CVE-2020-13962).
TEST_F(TlsTest, AGarbagePeerLeavesOthersAlone) {
    auto listener = listen();
    Pair good;
    loop_.run_until_done(make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", good));
    Bytes received;
    Error end;
    loop_.spawn(read_all(*good.server, received, end));
    Pair bad;
    Event done(loop_);
    Event hold(loop_);
    hold.set();
    loop_.spawn(send_raw(loop_, listener.local().port(), std::string(600, 'x'), hold));
    loop_.run_until_done(serve_and_wait(listener, bad, patience, done));
    EXPECT_FALSE(bad.server_result);
    EXPECT_EQ(ERR_peek_error(), 0U);
    EXPECT_TRUE(good.server->is_open());
    loop_.run_until_done(send_and_end(*good.client, as_bytes("still here")));
    EXPECT_EQ(as_text(received), "still here");
}

}  // namespace
}  // namespace partyline::net
