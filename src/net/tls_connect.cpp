// A client's way to a connection. Apart from the rest of TlsStream, so that the static server does
// not drag in the system's resolver, which wants shared libraries at run time.
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <format>
#include <ranges>
#include <span>
#include <vector>

#include "net/limits.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using boost::asio::ip::tcp;

using Endpoints = std::vector<Endpoint>;

// Shared by connect() and the resolver's coroutine: the system's resolver cannot be interrupted, so
// whoever gives up first leaves the other behind.
struct Resolution {
    explicit Resolution(Loop& loop) : done(loop), resolver(context_of(loop)) {}
    Event done;
    tcp::resolver resolver;
    Result<Endpoints> endpoints = fail(ErrorCode::timed_out, "the name lookup took too long");
};

task<> resolve_into(std::shared_ptr<Resolution> resolution, std::string host, std::uint16_t port) {
    const auto [error, results] = co_await resolution->resolver.async_resolve(
        host, std::to_string(port), tcp::resolver::numeric_service, as_result);
    Endpoints found;
    for (const auto& entry : results) {
        found.push_back(endpoint_of(entry.endpoint()));
    }
    if (error || found.empty()) {
        resolution->endpoints =
            fail(ErrorCode::io, std::format("cannot find {}: {}", host, error.message()));
    } else {
        resolution->endpoints = in_turn(found);
    }
    resolution->done.set();
}

task<Result<Endpoints>> resolve(std::shared_ptr<TlsStream::Native> stream, std::string host,
                                std::uint16_t port, TimePoint deadline) {
    if (const auto numeric = Endpoint::parse(host, port); numeric && numeric->port() == port) {
        co_return Endpoints{*numeric};
    }
    const auto resolution = std::make_shared<Resolution>(stream->loop);
    stream->cancel_resolving = [resolution] { resolution->done.set(); };
    stream->loop.spawn(resolve_into(resolution, host, port));
    co_await resolution->done.wait_for(deadline - std::chrono::steady_clock::now());
    stream->cancel_resolving = nullptr;
    co_return resolution->endpoints;
}

task<Result<tcp::socket>> connect_one(std::shared_ptr<TlsStream::Native> stream, Endpoint endpoint,
                                      Duration limit) {
    // The stream's own socket, so that its close() reaches us.
    const Alarm alarm(stream->loop, limit, [native = stream.get()] { native->socket.cancel(); });
    boost::system::error_code error;
    const auto address = native_of(endpoint);
    stream->socket = tcp::socket(context_of(stream->loop));
    if (stream->socket.open(address.protocol(), error); !error) {
        std::tie(error) = co_await stream->socket.async_connect(address, as_result);
    }
    if (stream->closed) {
        co_return fail(ErrorCode::closed, "the connection is closed");
    }
    if (error) {
        const auto reason =
            error == boost::asio::error::operation_aborted ? "no answer in time" : error.message();
        co_return fail(ErrorCode::io,
                       std::format("cannot reach {}: {}", endpoint.to_string(), reason));
    }
    co_return std::move(stream->socket);
}

}  // namespace

std::vector<Endpoint> in_turn(std::span<const Endpoint> addresses) {
    Endpoints out;
    std::array<Endpoints, 2> by_family;
    for (const auto& endpoint : addresses) {
        by_family[endpoint.is_v4() == addresses.front().is_v4() ? 0 : 1].push_back(endpoint);
    }
    const auto longest = std::ranges::max(by_family, {}, &Endpoints::size).size();
    for (std::size_t i = 0; i < longest; ++i) {
        for (const auto& family : by_family) {
            if (i < family.size() && out.size() < connect_addresses_max) {
                out.push_back(family[i]);
            }
        }
    }
    return out;
}

task<Result<tcp::socket>> connect_any(std::shared_ptr<TlsStream::Native> stream,
                                      std::vector<Endpoint> endpoints, TimePoint deadline) {
    Result<tcp::socket> result = fail(ErrorCode::timed_out, "connecting took too long");
    for (std::size_t i = 0; i < endpoints.size() && !stream->closed; ++i) {
        const auto left = deadline - std::chrono::steady_clock::now();
        const bool is_last = i + 1 == endpoints.size();
        if (left <= Duration::zero()) {
            break;
        }
        result = co_await connect_one(stream, endpoints[i],
                                      is_last ? left : std::min<Duration>(left, connect_patience));
        if (result) {
            break;
        }
    }
    co_return result;
}

task<Result<void>> TlsStream::connect(std::string host, std::uint16_t port, Duration limit) {
    auto stream = native_;  // ours may be gone after a suspension
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const auto endpoints = co_await resolve(stream, std::move(host), port, deadline);
    if (stream->closed) {
        co_return fail(ErrorCode::closed, "the connection is closed");
    }
    if (!endpoints) {
        stream->close();
        co_return std::unexpected(endpoints.error());
    }
    auto socket = co_await connect_any(stream, *endpoints, deadline);
    auto adopted = socket ? stream->adopt(std::move(*socket), false)
                          : Result<void>(std::unexpected(std::move(socket.error())));
    if (!adopted) {
        stream->close();
        co_return adopted;
    }
    co_return co_await shake_hands(stream, deadline - std::chrono::steady_clock::now());
}

}  // namespace partyline::net
