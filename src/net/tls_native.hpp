// Inside of TlsContext and TlsStream: for net's .cpp files only, as it shows OpenSSL and Asio.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/loop_native.hpp"
#include "net/tls.hpp"

namespace partyline::net {

inline constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

struct TlsContext::Native {
    Owned<SSL_CTX, SSL_CTX_free> ctx;
    std::string alpn;
};

struct TlsStream::Native {
    Native(Loop& loop_in, std::shared_ptr<const TlsContext::Native> context_in)
        : loop(loop_in), context(std::move(context_in)), socket(context_of(loop_in)) {}
    ~Native() { close(); }

    /// Takes a connected socket and prepares OpenSSL to shake hands on it.
    Result<void> adopt(boost::asio::ip::tcp::socket connected, bool as_server);
    void close();

    Loop& loop;
    std::shared_ptr<const TlsContext::Native> context;
    boost::asio::ip::tcp::socket socket;
    Owned<SSL, SSL_free> ssl;  // after adopt()
    Endpoint remote;
    std::function<void()> cancel_resolving;  // while connect() waits for addresses
    bool established = false;                // the handshake is done and nothing has failed since
    bool peer_ended = false;                 // with TLS's good-bye
    bool finishing = false;                  // finish() has the socket for itself
    bool closed = false;
};

/// Shakes hands on an adopted socket; closes the stream when that fails.
task<Result<void>> shake_hands(std::shared_ptr<TlsStream::Native> stream, Duration limit);

/// Of a name's addresses those that a client tries, and in which order: IPv6 and IPv4 in turn, each in the
/// resolver's order, beginning with the one it prefers (RFC 8305 section 4).
std::vector<Endpoint> in_turn(std::span<const Endpoint> addresses);
/// Tries one after the other. One that does not answer is left after connect_patience for the next one; the
/// last has all the time there is. Fails with what the last one tried said.
task<Result<boost::asio::ip::tcp::socket>> connect_any(std::shared_ptr<TlsStream::Native> stream,
                                                       std::vector<Endpoint> endpoints,
                                                       TimePoint deadline);

Endpoint endpoint_of(const boost::asio::ip::tcp::endpoint& native);
boost::asio::ip::tcp::endpoint native_of(const Endpoint& endpoint);

/// What OpenSSL says went wrong, oldest first, and forgets it: the queue belongs to the thread, so
/// what one connection leaves there would be taken for the next one's failure.
std::string take_tls_errors();

/// Given to OpenSSL where it reads a key: without, it would ask at the terminal for a passphrase.
struct Passphrase {
    static int refuse(char*, int, int, void* self);
    /// take_tls_errors(), unless a passphrase would have been needed.
    [[nodiscard]] std::string why_no_key() const;
    bool asked = false;
};

}  // namespace partyline::net
