#include <boost/asio/post.hpp>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

#include "net/limits.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using boost::asio::ip::tcp;

std::unexpected<Error> closed_failure() {
    return fail(ErrorCode::closed, "the connection is closed");
}

// One of the things that OpenSSL does in as many tries as the socket needs.
struct Operation {
    enum class Kind : std::uint8_t { handshake, read, write };
    Kind kind{};
    MutableByteView in;  // of a read
    ByteView out;        // of a write
};

int attempt(SSL* ssl, const Operation& operation, std::size_t& done) {
    switch (operation.kind) {
        case Operation::Kind::handshake: return SSL_do_handshake(ssl);
        case Operation::Kind::read:
            return SSL_read_ex(ssl, operation.in.data(), operation.in.size(), &done);
        case Operation::Kind::write:
            return SSL_write_ex(ssl, operation.out.data(), operation.out.size(), &done);
    }
    return -1;
}

// Whether the peer speaks TLS but not ours: an older version or another protocol.
bool is_version_mismatch(unsigned long error) {
    switch (ERR_GET_REASON(error)) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_WRONG_SSL_VERSION:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case SSL_R_NO_APPLICATION_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: return true;
        default: return false;
    }
}

// Whether the peer has ended the connection, rather than anything being wrong with what it sent.
bool is_hang_up(int kind, int system_error) {
    if (kind == SSL_ERROR_SYSCALL && ERR_peek_error() == 0) {
        return system_error == 0 || system_error == ECONNRESET || system_error == EPIPE;
    }
    return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

Error describe_failure(const Operation& operation, int kind, int system_error) {
    if (operation.kind == Operation::Kind::handshake && is_hang_up(kind, system_error)) {
        return {.code = ErrorCode::closed,
                .message = "the other side hung up before the connection was secured"};
    }
    if (kind == SSL_ERROR_SYSCALL && ERR_peek_error() == 0) {
        const char* const reason =
            system_error != 0 ? std::strerror(system_error) : "the peer is gone";
        return {.code = ErrorCode::io, .message = std::format("the connection broke: {}", reason)};
    }
    const bool mismatch = is_version_mismatch(ERR_peek_error());
    return {.code = mismatch ? ErrorCode::wrong_version : ErrorCode::io,
            .message = "TLS failed: " + take_tls_errors()};
}

task<Result<std::size_t>> drive(std::shared_ptr<TlsStream::Native> stream, Operation operation) {
    while (!stream->closed && !stream->finishing && stream->ssl) {
        auto* const ssl = stream->ssl.get();
        std::size_t done = 0;
        // SSL_get_error() looks into the thread's queue: what another connection left there must
        // not be taken for our failure (CVE-2020-13962 was that mistake).
        ERR_clear_error();
        errno = 0;
        const int result = attempt(ssl, operation, done);
        const int system_error = errno;
        if (result > 0) {
            co_return done;
        }
        switch (const int kind = SSL_get_error(ssl, result)) {
            case SSL_ERROR_WANT_READ:
                co_await stream->socket.async_wait(tcp::socket::wait_read, as_result);
                break;
            case SSL_ERROR_WANT_WRITE:
                co_await stream->socket.async_wait(tcp::socket::wait_write, as_result);
                break;
            case SSL_ERROR_ZERO_RETURN:
                stream->peer_ended = true;
                co_return fail(ErrorCode::closed, "the peer ended the connection");
            default:
                stream->established = false;  // OpenSSL forbids even SSL_shutdown() from here on
                auto error = describe_failure(operation, kind, system_error);
                ERR_clear_error();
                stream->close();
                co_return std::unexpected(std::move(error));
        }
    }
    co_return closed_failure();
}

// A peer that offers no ALPN at all passes OpenSSL's own check.
bool has_our_alpn(const TlsStream::Native& stream) {
    const unsigned char* name = nullptr;
    unsigned bytes = 0;
    SSL_get0_alpn_selected(stream.ssl.get(), &name, &bytes);
    return std::string_view(reinterpret_cast<const char*>(name), bytes) == stream.context->alpn;
}

// What the session's keys were agreed on with is needed no more, but OpenSSL keeps it as long as the
// connection: of ML-KEM 6 kB each. Both key objects are the connection's own; to be given a type again is what
// empties one.
void forget_key_shares(SSL* ssl) {
    EVP_PKEY* key = nullptr;
    const auto empty = [&key](long got) {
        if (got == 1) {
            EVP_PKEY_set_type(key, EVP_PKEY_X25519);
            EVP_PKEY_free(key);
        }
        key = nullptr;
    };
    empty(SSL_get_peer_tmp_key(ssl, &key));
    empty(SSL_get_tmp_key(ssl, &key));
    ERR_clear_error();
}

}  // namespace

Endpoint endpoint_of(const tcp::endpoint& native) {
    sockaddr_storage storage{};
    std::memcpy(&storage, native.data(), native.size());
    return Endpoint::from_native(storage);
}

tcp::endpoint native_of(const Endpoint& endpoint) {
    if (endpoint.is_v4()) {
        return {boost::asio::ip::make_address(endpoint.address_string()), endpoint.port()};
    }
    return {boost::asio::ip::address_v6(endpoint.address(), endpoint.scope()), endpoint.port()};
}

Result<void> TlsStream::Native::adopt(tcp::socket connected, bool as_server) {
    boost::system::error_code error;
    socket = std::move(connected);
    const auto peer = socket.remote_endpoint(error);
    if (error) {
        return fail(ErrorCode::io, "the peer is gone: " + error.message());
    }
    remote = endpoint_of(peer);
    // Control messages are small and each is somebody's wait. Should it fail, they are but slower.
    [[maybe_unused]] const auto no_delay = socket.set_option(tcp::no_delay(true), error);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes_max,
                 sizeof unsent_bytes_max);
    // Not the native setting alone: Asio's own reads would then wait in the kernel, and the loop
    // with them.
    if (socket.non_blocking(true, error); error) {
        return fail(ErrorCode::io, error.message());
    }
    ERR_clear_error();
    ssl.reset(SSL_new(context->ctx.get()));
    if (!ssl || SSL_set_fd(ssl.get(), socket.native_handle()) != 1) {
        return fail(ErrorCode::io, "cannot start TLS: " + take_tls_errors());
    }
    as_server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
    return {};
}

void TlsStream::Native::close() {
    if (std::exchange(closed, true)) {
        return;
    }
    if (std::exchange(established, false)) {
        ERR_clear_error();
        SSL_shutdown(ssl.get());  // one try: writes close_notify if the socket takes it now
        ERR_clear_error();
    }
    if (cancel_resolving) {
        cancel_resolving();
    }
    boost::system::error_code ignored;
    [[maybe_unused]] const auto result = socket.close(ignored);  // ends what waits on it
}

task<Result<void>> shake_hands(std::shared_ptr<TlsStream::Native> stream, Duration limit) {
    bool timed_out = false;
    const Alarm alarm(stream->loop, limit, [&timed_out, native = stream.get()] {
        timed_out = true;
        native->close();
    });
    auto result = co_await drive(stream, {.kind = Operation::Kind::handshake});
    if (timed_out) {
        co_return fail(ErrorCode::timed_out, "the TLS handshake took too long");
    }
    if (!result) {
        co_return std::unexpected(std::move(result.error()));
    }
    stream->established = true;
    forget_key_shares(stream->ssl.get());
    if (!has_our_alpn(*stream)) {
        stream->close();
        co_return fail(ErrorCode::wrong_version,
                       "the peer does not speak " + stream->context->alpn);
    }
    co_return Result<void>{};
}

TlsStream::TlsStream(Loop& loop, const TlsContext& client)
    : native_(std::make_shared<Native>(loop, client.native())) {}
TlsStream::TlsStream(std::shared_ptr<Native> native) : native_(std::move(native)) {}
TlsStream::TlsStream(TlsStream&&) noexcept = default;

TlsStream& TlsStream::operator=(TlsStream&& other) noexcept {
    if (this != &other) {
        if (native_) {
            native_->close();
        }
        native_ = std::move(other.native_);
    }
    return *this;
}

TlsStream::~TlsStream() {
    if (native_) {
        native_->close();
    }
}

task<Result<void>> TlsStream::handshake(Duration limit) { return shake_hands(native_, limit); }

task<Result<std::size_t>> TlsStream::read_some(MutableByteView out) {
    auto stream = native_;  // ours may be gone after a suspension
    // The others of the loop have their turn before each read. Without that, a peer that sends tiny
    // records faster than they are opened would keep the thread to itself.
    co_await boost::asio::post(stream->socket.get_executor(), boost::asio::use_awaitable);
    co_return co_await drive(stream, {.kind = Operation::Kind::read, .in = out});
}

task<Result<void>> TlsStream::write(ByteView bytes) {
    auto stream = native_;  // ours may be gone after a suspension
    while (!bytes.empty()) {
        auto written = co_await drive(stream, {.kind = Operation::Kind::write, .out = bytes});
        if (!written) {
            co_return std::unexpected(std::move(written.error()));
        }
        bytes = bytes.subspan(*written);
    }
    co_return Result<void>{};
}

Result<ExportedValue> TlsStream::export_value(std::string_view label) const {
    if (!native_->established) {
        return closed_failure();
    }
    ExportedValue value{};
    ERR_clear_error();
    if (SSL_export_keying_material(native_->ssl.get(),
                                   reinterpret_cast<unsigned char*>(value.data()), value.size(),
                                   label.data(), label.size(), nullptr, 0, 0) != 1) {
        return fail(ErrorCode::io, "the TLS exporter failed: " + take_tls_errors());
    }
    return value;
}

Endpoint TlsStream::remote() const { return native_->remote; }
bool TlsStream::is_open() const { return native_ && native_->established; }
bool TlsStream::peer_has_ended() const { return native_ && native_->peer_ended; }
void TlsStream::close() { native_->close(); }

void TlsStream::break_off() {
    native_->established = false;
    native_->close();
}

task<> TlsStream::finish(Duration limit) {
    auto stream = native_;
    if (!stream->established) {
        stream->close();
        co_return;
    }
    const Alarm alarm(stream->loop, limit, [native = stream.get()] { native->close(); });
    ERR_clear_error();
    SSL_shutdown(stream->ssl.get());
    ERR_clear_error();
    stream->established = false;
    stream->finishing = true;
    boost::system::error_code error;
    [[maybe_unused]] auto ignored = stream->socket.cancel(error);  // ends a pending read
    // Closing a socket with unread bytes makes the system reset the connection, and the peer's
    // system then throws away what it has not read yet: our last words. So read until it ends.
    ignored = stream->socket.shutdown(tcp::socket::shutdown_send, error);
    std::array<std::byte, 4096> discarded;
    while (!error && !stream->closed) {
        co_await stream->socket.async_wait(tcp::socket::wait_read, as_result);
        if (stream->closed) {
            break;
        }
        // Once for each wait, so that whoever goes on sending takes no more than a turn.
        stream->socket.read_some(boost::asio::buffer(discarded), error);
        if (error == boost::asio::error::would_block) {
            error.clear();
        }
    }
    stream->close();
}

}  // namespace partyline::net
