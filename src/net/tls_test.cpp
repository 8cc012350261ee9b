#include "net/tls.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "net/gate.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using boost::asio::ip::tcp;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view alpn = "test/1";
constexpr Duration patience = seconds(20);

// A certificate of its own for each test program run, removed with its folder.
class TlsTest : public testing::Test {
protected:
    TlsTest()
        : folder_(std::filesystem::temp_directory_path() /
                  ("partyline-tls-" + std::to_string(getpid()))) {
        std::filesystem::create_directory(folder_);
        EXPECT_TRUE(create_self_signed_certificate(paths()));
    }
    ~TlsTest() override { std::filesystem::remove_all(folder_); }

    CertificatePaths paths() const { return {folder_ / "tls.crt", folder_ / "tls.key"}; }
    TlsContext server() const { return TlsContext::server(paths(), alpn).value(); }
    std::string file(std::string_view name) const { return folder_ / name; }

    TlsListener listen(Endpoint endpoint = Endpoint::loopback_v4(0)) {
        return TlsListener::create(loop_, server(), {.endpoint = endpoint}).value();
    }

    Loop loop_;

private:
    std::filesystem::path folder_;
};

struct Pair {
    std::optional<TlsStream> server;
    std::optional<TlsStream> client;
    Result<void> server_result = fail(ErrorCode::unspecified, "not run");
    Result<void> client_result = fail(ErrorCode::unspecified, "not run");
};

task<> serve_one(TlsListener& listener, Pair& pair, Duration limit, Event& done) {
    auto accepted = co_await listener.accept();
    pair.server = std::move(accepted.value());
    pair.server_result = co_await pair.server->handshake(limit);
    done.set();
}

task<> make_pair(Loop& loop, TlsListener& listener, TlsContext client, std::string host,
                 Pair& pair) {
    Event served(loop);
    loop.spawn(serve_one(listener, pair, patience, served));
    pair.client.emplace(loop, client);
    pair.client_result =
        co_await pair.client->connect(std::move(host), listener.local().port(), patience);
    co_await served.wait();
}

task<> send_and_end(TlsStream& stream, ByteView bytes) {
    EXPECT_TRUE(co_await stream.write(bytes));
    co_await stream.finish(patience);
}

task<> read_all(TlsStream& stream, Bytes& all, Error& end) {
    std::array<std::byte, 1000> buffer;
    for (;;) {
        const auto got = co_await stream.read_some(buffer);
        if (!got) {
            end = got.error();
            stream.close();
            co_return;
        }
        append(all, ByteView(buffer).first(*got));
    }
}

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

/// What a peer that does not read leaves with us must not be much: nobody counts it.
TEST_F(TlsTest, CloseEndsAPendingWrite) {
    auto listener = listen();
    Pair pair;
    loop_.run_until_done(make_pair(loop_, listener, TlsContext::client(alpn), "127.0.0.1", pair));
    Error end;
    std::size_t written = 0;
    const Alarm alarm(loop_, milliseconds(50), [&] { pair.client->close(); });
    loop_.run_until_done(write_for_ever(*pair.client, end, written));
    EXPECT_EQ(end.code, ErrorCode::closed);
    // The peer's own buffer takes some, too.
    EXPECT_LT(written, 1'000'000U);
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
        loop_.run_until_done(serve_and_wait(listener, pair, milliseconds(50), done));
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

// --- connecting and listening -------------------------------------------------------------------

task<> connect_to(TlsStream& stream, std::string host, std::uint16_t port, Duration limit,
                  Result<void>& result) {
    result = co_await stream.connect(std::move(host), port, limit);
}

TEST_F(TlsTest, ConnectSaysWhatFailed) {
    std::uint16_t free_port = 0;
    {
        free_port = listen().local().port();
    }
    const auto silent = listen();  // nobody accepts
    struct Case {
        std::string host;
        std::uint16_t port;
        ErrorCode expected;
    };
    const Case cases[] = {
        {"127.0.0.1", free_port, ErrorCode::io},
        {"127.0.0.1", silent.local().port(), ErrorCode::timed_out},
        {"no-such-host.invalid", free_port, ErrorCode::io},
    };
    for (const auto& [host, port, expected] : cases) {
        TlsStream stream(loop_, TlsContext::client(alpn));
        Result<void> result;
        const auto limit = expected == ErrorCode::timed_out ? milliseconds(50) : patience;
        loop_.run_until_done(connect_to(stream, host, port, limit, result));
        ASSERT_FALSE(result) << host;
        EXPECT_EQ(result.error().code, expected) << host << ": " << result.error().message;
    }
}

TEST_F(TlsTest, CloseEndsAPendingConnect) {
    const auto silent = listen();
    TlsStream stream(loop_, TlsContext::client(alpn));
    Result<void> result;
    const Alarm alarm(loop_, milliseconds(20), [&] { stream.close(); });
    loop_.run_until_done(connect_to(stream, "127.0.0.1", silent.local().port(), hours(1), result));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::closed);
}

task<> expect_closed_accept(TlsListener& listener) {
    const auto accepted = co_await listener.accept();
    EXPECT_FALSE(accepted);
    EXPECT_EQ(accepted.error().code, ErrorCode::closed);
}

TEST_F(TlsTest, CloseEndsAPendingAccept) {
    auto listener = listen();
    loop_.post([&] { loop_.post([&] { listener.close(); }); });
    loop_.run_until_done(expect_closed_accept(listener));
    loop_.run_until_done(expect_closed_accept(listener));
}

TEST_F(TlsTest, ListenSaysWhatIsTaken) {
    const auto held = listen();
    const auto again = TlsListener::create(loop_, server(), {.endpoint = held.local()});
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().message.contains(held.local().to_string()));
}

// --- the certificate ----------------------------------------------------------------------------

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(TlsTest, CertificateIsMadeOnceAndItsKeyIsPrivate) {
    const auto key = text_of(paths().key);
    const auto certificate = text_of(paths().certificate);
    struct stat status{};
    ASSERT_EQ(stat(paths().key.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_TRUE(create_self_signed_certificate(paths()));
    EXPECT_EQ(text_of(paths().key), key);
    EXPECT_EQ(text_of(paths().certificate), certificate);
}

TEST_F(TlsTest, CertificateIsMadeForAKeyLeftByAnInterruptedStart) {
    const auto key = text_of(paths().key);
    std::filesystem::remove(paths().certificate);
    ASSERT_TRUE(create_self_signed_certificate(paths()));
    EXPECT_EQ(text_of(paths().key), key);
    EXPECT_TRUE(TlsContext::server(paths(), alpn));
}

TEST_F(TlsTest, NothingIsReplacedAndWhatIsUnreadableIsNamed) {
    std::filesystem::remove(paths().key);
    const auto made = create_self_signed_certificate(paths());
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().message.contains(paths().key));

    std::ofstream(file("garbage")) << "garbage";
    const CertificatePaths cases[] = {
        {file("absent"), file("absent")},
        {file("garbage"), file("garbage")},
        {paths().certificate, file("garbage")},
    };
    for (const auto& unreadable : cases) {
        const auto context = TlsContext::server(unreadable, alpn);
        ASSERT_FALSE(context);
        EXPECT_EQ(context.error().code, ErrorCode::config);
        EXPECT_TRUE(context.error().message.contains(unreadable.key)) << context.error().message;
    }
    EXPECT_FALSE(create_self_signed_certificate({file("no/folder.crt"), file("no/folder.key")}));
}

TEST_F(TlsTest, AFileThatIsNotThereIsSaidToBe) {
    const auto context = TlsContext::server({file("absent"), file("absent")}, alpn);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().message, "cannot use the TLS certificate in " + file("absent") +
                                           ": No such file or directory; is the path right?");
    EXPECT_FALSE(check_certificate(file("absent")));
}

TEST_F(TlsTest, WhatIsNoCertificateOrNoKeyIsSaidToBe) {
    const auto said = [](const CertificatePaths& of) {
        const auto context = TlsContext::server(of, alpn);
        return context ? "(no error)" : context.error().message;
    };
    EXPECT_TRUE(said({paths().key, paths().key}).contains("holds no certificate in PEM form"));
    EXPECT_TRUE(
        said({paths().certificate, paths().certificate}).contains("holds no key in PEM form"))
        << said({paths().certificate, paths().certificate});
    EXPECT_TRUE(check_certificate(paths().certificate));
    EXPECT_FALSE(check_certificate(paths().key));
}

TEST_F(TlsTest, AKeyWithAPassphraseIsRefusedAndNotAskedFor) {
    auto plain = text_of(paths().key);
    const Owned<BIO, BIO_free> in(BIO_new_mem_buf(plain.data(), static_cast<int>(plain.size())));
    const Owned<EVP_PKEY, EVP_PKEY_free> key(
        PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    const Owned<BIO, BIO_free> out(BIO_new_file(file("locked.key").c_str(), "w"));
    ASSERT_EQ(PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(),
                                       reinterpret_cast<const unsigned char*>("secret"), 6, nullptr,
                                       nullptr),
              1);
    ASSERT_EQ(BIO_flush(out.get()), 1);

    constexpr std::string_view why = "the key is protected by a passphrase; give a key without one";
    const auto context = TlsContext::server({paths().certificate, file("locked.key")}, alpn);
    ASSERT_FALSE(context);
    EXPECT_TRUE(context.error().message.contains(why)) << context.error().message;
    const auto made = create_self_signed_certificate({file("new.crt"), file("locked.key")});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().message.contains(why)) << made.error().message;
}

TEST_F(TlsTest, ACertificateWithAnotherKeyIsRefused) {
    const CertificatePaths other{file("other.crt"), file("other.key")};
    ASSERT_TRUE(create_self_signed_certificate(other));
    const auto mixed = TlsContext::server({paths().certificate, other.key}, alpn);
    ASSERT_FALSE(mixed);
    EXPECT_EQ(mixed.error().code, ErrorCode::config);
    EXPECT_TRUE(mixed.error().message.contains("do not belong together")) << mixed.error().message;
}

}  // namespace
}  // namespace partyline::net
