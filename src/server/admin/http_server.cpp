#include "server/admin/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <format>
#include <optional>
#include <thread>
#include <utility>

#include "net/limits.hpp"

namespace partyline::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

Response plain(http::status status, std::string_view text) {
    return {.status = static_cast<unsigned>(status), .body = std::string(text) + "\n"};
}

/// What there is to say to a client whose request could not be read; nothing when there is nobody to
/// say it to.
std::optional<Response> complaint(const error_code& error) {
    if (error == http::error::header_limit) {
        return plain(http::status::request_header_fields_too_large,
                     "The request's header is too long.");
    }
    if (error == http::error::body_limit) {
        return plain(http::status::payload_too_large, "Nothing here takes a body.");
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() != http::make_error_code(http::error::bad_method).category()) {
        return std::nullopt;
    }
    return plain(http::status::bad_request, "That is no HTTP request.");
}

tcp::endpoint to_asio(const net::Endpoint& endpoint) {
    return {asio::ip::make_address(endpoint.address_string()), endpoint.port()};
}

}  // namespace

struct HttpServer::Native {
    explicit Native(Config config_in) : config(std::move(config_in)), acceptor(context) {}

    error_code listen() {
        error_code error;
        const auto local = to_asio(config.listen);
        acceptor.open(local.protocol(), error);
        if (!error) {
            acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        }
        if (!error) {
            acceptor.bind(local, error);
        }
        if (!error) {
            acceptor.listen(asio::socket_base::max_listen_connections, error);
        }
        if (!error) {
            port = acceptor.local_endpoint(error).port();
        }
        return error;
    }

    asio::awaitable<void> accept_all() {
        for (;;) {
            auto [error, socket] = co_await acceptor.async_accept(as_result);
            if (error) {
                // The connection stays in the backlog, so trying again at once would spin.
                asio::steady_timer rest(context, net::accept_rest);
                co_await rest.async_wait(as_result);
            } else if (connections < config.limits.connections) {
                ++connections;
                asio::co_spawn(context, serve(beast::tcp_stream(std::move(socket))),
                               asio::detached);
            }
        }
    }

    asio::awaitable<void> serve(beast::tcp_stream stream) {
        beast::flat_buffer buffer(config.limits.header_bytes + config.limits.body_bytes);
        while (co_await serve_one(stream, buffer)) {
        }
        error_code ignored;
        [[maybe_unused]] const auto result =
            stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
        --connections;
    }

    /// False when the connection is over.
    asio::awaitable<bool> serve_one(beast::tcp_stream& stream, beast::flat_buffer& buffer) {
        http::request_parser<http::string_body> parser;
        parser.header_limit(config.limits.header_bytes);
        parser.body_limit(config.limits.body_bytes);
        // A point in time: one byte now and then does not move it.
        stream.expires_after(config.limits.request);
        const auto [read_error, bytes] =
            co_await http::async_read(stream, buffer, parser, as_result);
        if (read_error) {
            if (const auto words = complaint(read_error)) {
                co_await answer(stream, {.response = *words, .version = 11});
            }
            co_return false;
        }
        const auto& request = parser.get();
        co_return co_await answer(stream, {.response = respond(request),
                                           .version = request.version(),
                                           .keep_alive = request.keep_alive(),
                                           .head_only = request.method() == http::verb::head});
    }

    struct Answer {
        Response response;
        unsigned version = 11;
        bool keep_alive = false;
        bool head_only = false;
    };
    asio::awaitable<bool> answer(beast::tcp_stream& stream, Answer what) {
        http::response<http::string_body> message(static_cast<http::status>(what.response.status),
                                                  what.version);
        message.set(http::field::content_type, what.response.content_type);
        message.set(http::field::cache_control, "no-store");
        message.set("X-Content-Type-Options", "nosniff");
        if (what.response.status == static_cast<unsigned>(http::status::method_not_allowed)) {
            message.set(http::field::allow, "GET, HEAD");
        }
        message.keep_alive(what.keep_alive);
        message.content_length(what.response.body.size());
        if (!what.head_only) {
            message.body() = std::move(what.response.body);
        }
        stream.expires_after(config.limits.answer);
        http::response_serializer<http::string_body> serializer(message);
        if (what.head_only) {
            const auto [error, bytes] =
                co_await http::async_write_header(stream, serializer, as_result);
            co_return !error && what.keep_alive;
        }
        const auto [error, bytes] = co_await http::async_write(stream, serializer, as_result);
        co_return !error && what.keep_alive;
    }

    [[nodiscard]] Response respond(const http::request<http::string_body>& request) const {
        const std::string_view target(request.target());
        const auto path = target.substr(0, target.find('?'));
        const auto page = std::ranges::find(config.pages, path, &Page::path);
        if (page == config.pages.end()) {
            return plain(http::status::not_found, "There is no such page.");
        }
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            return plain(http::status::method_not_allowed, "This page can only be read.");
        }
        return page->make();
    }

    const Config config;
    std::uint16_t port = 0;
    std::size_t connections = 0;
    asio::io_context context{1};
    tcp::acceptor acceptor;
    std::jthread thread;  // last: it uses all of the above
};

HttpServer::HttpServer(std::unique_ptr<Native> native) : native_(std::move(native)) {}

HttpServer::~HttpServer() {
    // Coroutines that still wait are destroyed with the context, after the thread has ended.
    native_->context.stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::create(Config config) {
    auto native = std::make_unique<Native>(std::move(config));
    if (const auto error = native->listen()) {
        return fail(ErrorCode::io,
                    std::format("cannot listen for admin requests on {}: {}; choose another with "
                                "admin.listen or --admin, or \"\" for none",
                                native->config.listen.to_string(), error.message()));
    }
    asio::co_spawn(native->context, native->accept_all(), asio::detached);
    native->thread = std::jthread([&context = native->context] { context.run(); });
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(native)));
}

net::Endpoint HttpServer::local() const { return native_->config.listen.with_port(native_->port); }

}  // namespace partyline::admin
