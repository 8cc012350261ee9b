// For tests: listeners with a certificate, and both ends of a connection.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/loop.hpp"
#include "net/tls.hpp"

namespace partyline::net {

inline constexpr std::string_view alpn = "test/1";
inline constexpr Duration patience = std::chrono::seconds(20);

/// A certificate of its own for each test program run, removed with its folder.
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

/// Both ends of one connection.
struct Pair {
    std::optional<TlsStream> server;
    std::optional<TlsStream> client;
    Result<void> server_result = fail(ErrorCode::unspecified, "not run");
    Result<void> client_result = fail(ErrorCode::unspecified, "not run");
};

inline task<> serve_one(TlsListener& listener, Pair& pair, Duration limit, Event& done) {
    auto accepted = co_await listener.accept();
    pair.server = std::move(accepted.value());
    pair.server_result = co_await pair.server->handshake(limit);
    done.set();
}

inline task<> make_pair(Loop& loop, TlsListener& listener, TlsContext client, std::string host,
                        Pair& pair) {
    Event served(loop);
    loop.spawn(serve_one(listener, pair, patience, served));
    pair.client.emplace(loop, client);
    pair.client_result =
        co_await pair.client->connect(std::move(host), listener.local().port(), patience);
    co_await served.wait();
}

inline task<> send_and_end(TlsStream& stream, ByteView bytes) {
    EXPECT_TRUE(co_await stream.write(bytes));
    co_await stream.finish(patience);
}

inline task<> read_all(TlsStream& stream, Bytes& all, Error& end) {
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

}  // namespace partyline::net
