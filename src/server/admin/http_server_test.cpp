#include "server/admin/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "net/limits.hpp"
#include "net/no_descriptors_test_support.hpp"

namespace partyline::admin {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class HttpServerTest : public testing::Test {
protected:
    /// More than the system keeps for somebody who does not read.
    static constexpr std::size_t large = std::size_t{32} << 20;

    void open(const Limits& limits = {}) {
        server_ =
            HttpServer::create(
                {.listen = net::Endpoint::loopback_v4(0),
                 .pages = {{.path = "/hello", .make = [] { return Response{.body = "hi\n"}; }},
                           {.path = "/busy",
                            .make = [] { return Response{.status = 503, .body = "busy\n"}; }},
                           {.path = "/large",
                            .make = [] { return Response{.body = std::string(large, 'x')}; }}},
                 .limits = limits})
                .value();
    }

    tcp::socket connect() {
        tcp::socket socket(context_);
        socket.connect({asio::ip::address_v4::loopback(), server_->local().port()});
        return socket;
    }
    static void send(tcp::socket& socket, const std::string& bytes) {
        boost::system::error_code ignored;  // whoever is cut may find out here or when reading
        asio::write(socket, asio::buffer(bytes), ignored);
    }
    /// All that comes until the other side ends the connection.
    static std::string read_all(tcp::socket& socket) {
        std::string text;
        boost::system::error_code end;
        asio::read(socket, asio::dynamic_buffer(text), end);
        return text;
    }
    std::string ask(const std::string& request) {
        auto socket = connect();
        send(socket, request);
        return read_all(socket);
    }
    static std::string get(const std::string& path) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    }

    asio::io_context context_;
    std::unique_ptr<HttpServer> server_;
};

bool has(const std::string& text, const std::string& part) { return text.contains(part); }

TEST_F(HttpServerTest, AnswersItsPages) {
    open();
    const auto answer = ask(get("/hello"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(has(answer, "Content-Length: 3\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhi\n")) << answer;
    EXPECT_TRUE(ask(get("/hello?x=1")).ends_with("hi\n"));
    EXPECT_TRUE(ask(get("/busy")).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_TRUE(ask(get("/")).starts_with("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_TRUE(ask(get("/hello/")).starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST_F(HttpServerTest, HeadHasNoBodyAndNothingElseIsAllowed) {
    open();
    const auto head = ask("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(has(head, "Content-Length: 3\r\n")) << head;
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
    const auto post =
        ask("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    EXPECT_TRUE(post.starts_with("HTTP/1.1 405 Method Not Allowed\r\n")) << post;
    EXPECT_TRUE(has(post, "Allow: GET, HEAD\r\n")) << post;
}

TEST_F(HttpServerTest, AConnectionMayAskAgain) {
    open();
    auto socket = connect();
    send(socket, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/busy"));
    const auto both = read_all(socket);
    EXPECT_TRUE(has(both, "hi\nHTTP/1.1 503")) << both;
}

TEST_F(HttpServerTest, WhatIsNoRequestIsToldAndCut) {
    open();
    EXPECT_TRUE(ask("no such thing\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_EQ(ask(std::string("\x16\x03\x01\x00\xA5\x01\x00\x00\xA1\x03\x03", 11)).find("200"),
              std::string::npos);
    EXPECT_TRUE(ask(get("/hello")).ends_with("hi\n"));
}

TEST_F(HttpServerTest, SizesEndAtTheirLimits) {
    open({.header_bytes = 512, .body_bytes = 16});
    const auto with_header = [](std::size_t bytes) {
        const std::string line = "GET /hello HTTP/1.1\r\nConnection: close\r\nX: \r\n\r\n";
        return "GET /hello HTTP/1.1\r\nConnection: close\r\nX: " +
               std::string(bytes - line.size(), 'x') + "\r\n\r\n";
    };
    EXPECT_TRUE(ask(with_header(512)).starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(ask(with_header(513)).starts_with("HTTP/1.1 431 "));
    const auto with_body = [](std::size_t bytes) {
        return "GET /hello HTTP/1.1\r\nConnection: close\r\nContent-Length: " +
               std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'x');
    };
    EXPECT_TRUE(ask(with_body(16)).starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(ask(with_body(17)).starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, WhoeverTakesTooLongIsCut) {
    open({.request = std::chrono::milliseconds(50)});
    auto silent = connect();
    auto halfway = connect();
    send(halfway, "GET /hello HTTP/1.1\r\n");
    EXPECT_EQ(read_all(silent), "");
    EXPECT_EQ(read_all(halfway), "");
}

TEST_F(HttpServerTest, OneConnectionTooManyIsClosed) {
    open({.connections = 2});
    // Both are known to be in when they are answered.
    std::vector<tcp::socket> in;
    for (int i = 0; i < 2; ++i) {
        in.push_back(connect());
        send(in.back(), "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        char first = 0;
        asio::read(in.back(), asio::buffer(&first, 1));
        EXPECT_EQ(first, 'H');
    }
    EXPECT_EQ(ask(get("/hello")), "");
    // Whoever leaves makes room.
    send(in.back(), get("/hello"));
    EXPECT_TRUE(read_all(in.back()).ends_with("hi\n"));
    in.pop_back();
    std::string answer;
    while (answer.empty()) {
        answer = ask(get("/hello"));
    }
    EXPECT_TRUE(answer.ends_with("hi\n"));
}

TEST_F(HttpServerTest, WhoeverDoesNotReadIsCut) {
    open({.connections = 1, .answer = std::chrono::milliseconds(50)});
    auto slow = connect();
    send(slow, get("/large"));
    // Its place is free again then.
    std::string other;
    while (other.empty()) {
        other = ask(get("/hello"));
    }
    EXPECT_LT(read_all(slow).size(), large);
}

TEST_F(HttpServerTest, WithoutDescriptorsItRestsAndThenAnswers) {
    open();
    tcp::socket socket(context_, tcp::v4());
    std::optional<net::NoDescriptors> none(std::in_place);
    socket.connect({asio::ip::address_v4::loopback(), server_->local().port()});
    send(socket, get("/hello"));
    pollfd answer{.fd = socket.native_handle(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&answer, 1, static_cast<int>(net::accept_rest.count())), 0);
    none.reset();
    EXPECT_TRUE(read_all(socket).ends_with("hi\n"));
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
    open();
    const auto again = HttpServer::create({.listen = server_->local(), .pages = {}, .limits = {}});
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().message.contains(server_->local().to_string()))
        << again.error().message;
}

TEST_F(HttpServerTest, EndsWithConnectionsOpen) {
    open();
    auto socket = connect();
    send(socket, "GET /hel");
    server_.reset();
    EXPECT_EQ(read_all(socket), "");
}

}  // namespace
}  // namespace partyline::admin
