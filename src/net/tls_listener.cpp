#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>

#include <format>

#include "base/log.hpp"
#include "net/diagnosis.hpp"
#include "net/limits.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct TlsListener::Native {
    Native(Loop& loop_in, std::shared_ptr<const TlsContext::Native> context_in)
        : loop(loop_in),
          context(std::move(context_in)),
          acceptor(context_of(loop_in)),
          rest(context_of(loop_in)) {}

    void close() {
        error_code ignored;
        closed = true;
        [[maybe_unused]] const auto result = acceptor.close(ignored);
        rest.cancel();
    }

    Loop& loop;
    std::shared_ptr<const TlsContext::Native> context;
    tcp::acceptor acceptor;
    boost::asio::steady_timer rest;
    bool closed = false;
    bool exhausted = false;  // already told the log
};

namespace {

error_code listen(tcp::acceptor& acceptor, const tcp::endpoint& local, bool v6_only) {
    error_code error;
    acceptor.open(local.protocol(), error);
    if (!error) {
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error && local.address().is_v6()) {
        acceptor.set_option(boost::asio::ip::v6_only(v6_only), error);
    }
    if (!error) {
        acceptor.bind(local, error);
    }
    if (!error) {
        acceptor.listen(accept_backlog, error);
    }
    return error;
}

}  // namespace

Result<TlsListener> TlsListener::create(Loop& loop, const TlsContext& server, Options options) {
    auto native = std::make_shared<Native>(loop, server.native());
    auto error = listen(native->acceptor, native_of(options.endpoint), options.v6_only);
    if (error == boost::asio::error::address_family_not_supported &&
        options.endpoint == Endpoint::any_v6(options.endpoint.port())) {
        error =
            listen(native->acceptor, native_of(Endpoint::any_v4(options.endpoint.port())), false);
    }
    if (error) {
        return fail(ErrorCode::io, std::format("cannot listen on TCP {}: {}",
                                               options.endpoint.to_string(), error.message()));
    }
    return TlsListener(std::move(native));
}

Result<TlsListener> try_to_listen(Loop& loop, const TlsListener::Options& options) {
    // No handshake comes to it, so any settings do.
    return TlsListener::create(loop, TlsContext::client("none"), options);
}

TlsListener::TlsListener(std::shared_ptr<Native> native) : native_(std::move(native)) {}
TlsListener::TlsListener(TlsListener&&) noexcept = default;

TlsListener& TlsListener::operator=(TlsListener&& other) noexcept {
    if (this != &other) {
        if (native_) {
            native_->close();
        }
        native_ = std::move(other.native_);
    }
    return *this;
}

TlsListener::~TlsListener() {
    if (native_) {
        native_->close();
    }
}

Endpoint TlsListener::local() const { return endpoint_of(native_->acceptor.local_endpoint()); }

task<Result<TlsStream>> TlsListener::accept() {
    auto native = native_;  // ours may be gone after a suspension
    while (!native->closed) {
        auto [error, socket] = co_await native->acceptor.async_accept(as_result);
        if (native->closed) {
            break;
        }
        if (!error) {
            native->exhausted = false;
            auto stream = std::make_shared<TlsStream::Native>(native->loop, native->context);
            if (stream->adopt(std::move(socket), true)) {
                co_return TlsStream(std::move(stream));
            }
            continue;  // gone before we came to it
        }
        if (error == boost::asio::error::connection_aborted) {
            continue;
        }
        if (!std::exchange(native->exhausted, true)) {
            log::warning("cannot accept connections for now: {}", error.message());
        }
        // The connection stays in the backlog, so trying again at once would spin.
        native->rest.expires_after(accept_rest);
        co_await native->rest.async_wait(as_result);
    }
    co_return fail(ErrorCode::closed, "the listener is closed");
}

void TlsListener::use(const TlsContext& server) { native_->context = server.native(); }

void TlsListener::close() { native_->close(); }

}  // namespace partyline::net
