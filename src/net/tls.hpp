// The control lane's transport: TLS 1.3 only, one ALPN, no tickets, no resumption, no 0-RTT.
//
// OpenSSL drives the socket itself and Asio only tells when it is ready, so an idle connection
// holds no buffers. Certificates carry no trust here: they make TLS work. Who the peer is, is
// proven above, by signatures over export_value().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "net/loop.hpp"

namespace partyline::net {

/// PEM files.
struct CertificatePaths {
    std::string certificate;  // may hold a chain, the server's own first
    std::string key;
};

/// Makes a P-256 key (mode 0600) and a self-signed certificate, each written whole or not at all,
/// as far as they are not there yet. Fails with io, naming the file, when one cannot be written, or
/// when there is a certificate without its key: nothing is ever replaced.
Result<void> create_self_signed_certificate(const CertificatePaths& paths);

/// Whether the file is a certificate that a server may show: if it is, and TlsContext::server() fails
/// all the same, the key is at fault. Fails as that does.
Result<void> check_certificate(const std::string& certificate);

/// The settings of one side. Immutable once made, so [any]. Each stream holds on to it.
class TlsContext {
public:
    /// Fails with config, naming the file and what to do, when it cannot be read, or the two do
    /// not belong together.
    static Result<TlsContext> server(const CertificatePaths& paths, std::string_view alpn);
    /// Verifies no certificate: see above.
    static TlsContext client(std::string_view alpn);

    /// For net's own files.
    struct Native;
    [[nodiscard]] const std::shared_ptr<const Native>& native() const { return native_; }

private:
    explicit TlsContext(std::shared_ptr<const Native> native) : native_(std::move(native)) {}
    // Shared with every stream, as connections may end after the listener's owner.
    std::shared_ptr<const Native> native_;
};

inline constexpr std::size_t export_bytes = 32;
using ExportedValue = std::array<std::byte, export_bytes>;

/// One TLS connection. One coroutine may read while another writes. After close(), and once an
/// operation has failed, every operation fails with `closed`. Moved, not copied; dropping it
/// closes it. [loop]
class TlsStream {
public:
    /// A client's stream, not connected yet.
    TlsStream(Loop& loop, const TlsContext& client);
    ~TlsStream();
    TlsStream(TlsStream&&) noexcept;
    TlsStream& operator=(TlsStream&&) noexcept;

    /// [client] Resolves, tries the addresses in turn (with IPv6 and IPv4 alternating), and shakes
    /// hands. `host` is a name or an address. Fails with io, timed_out, wrong_version (no TLS 1.3 or
    /// another ALPN), or closed: by the peer before the handshake was over, or by close().
    task<Result<void>> connect(std::string host, std::uint16_t port, Duration limit);
    /// [server] The part of accept() that waits for the peer: done by the connection's own
    /// coroutine. Fails as connect().
    task<Result<void>> handshake(Duration limit);

    /// Waits until there is something, and says how many bytes; `closed` when the peer has ended
    /// the stream in order, io when it broke. Bytes land in `out` right before the call returns,
    /// never while it waits: all connections of a loop may share one buffer, if what came is used
    /// before the next co_await.
    task<Result<std::size_t>> read_some(MutableByteView out);
    /// Returns when the system has taken all of `bytes`, which must stay as they are until then.
    /// One writer at a time.
    task<Result<void>> write(ByteView bytes);

    /// The TLS exporter's value for `label`, with an empty context (RFC 8446 section 7.5). After
    /// the handshake; the same on both ends and never seen on the wire.
    [[nodiscard]] Result<ExportedValue> export_value(std::string_view label) const;
    [[nodiscard]] Endpoint remote() const;
    [[nodiscard]] bool is_open() const;
    /// Whether the peer has ended the stream in order, that is with TLS's own good-bye. Where the
    /// connection breaks, whoever breaks it, it has not.
    [[nodiscard]] bool peer_has_ended() const;

    /// Says good-bye if that needs no waiting, and ends every pending operation with `closed`.
    void close();
    /// The same without a word: to the peer it is as if the connection had broken.
    void break_off();
    /// Ends the stream in order so that what was written last arrives: says good-bye, discards what
    /// the peer still sends until it ends its side or `limit` passes, then closes. Pending
    /// operations end with `closed`.
    task<> finish(Duration limit);

    /// For net's own files.
    struct Native;
    explicit TlsStream(std::shared_ptr<Native> native);
    [[nodiscard]] const Native& native() const { return *native_; }

private:
    // Shared with the pending operations, so that dropping the stream under them is safe.
    std::shared_ptr<Native> native_;
};

/// A listening socket. [loop]
class TlsListener {
public:
    struct Options {
        Endpoint endpoint;     // port 0 takes a free one
        bool v6_only = false;  // [::] takes IPv4, too, unless this is set
    };
    /// Fails with io, naming the address and why. Where the system has no IPv6, [::] means 0.0.0.0.
    static Result<TlsListener> create(Loop& loop, const TlsContext& server, Options options);
    ~TlsListener();
    TlsListener(TlsListener&&) noexcept;
    TlsListener& operator=(TlsListener&&) noexcept;

    [[nodiscard]] Endpoint local() const;

    /// The next connection; handshake() comes next, in a coroutine of its own. Fails only with
    /// `closed`: out of descriptors or memory, it waits and tries again.
    task<Result<TlsStream>> accept();
    /// For those who come from now on; whoever is connected stays as they are.
    void use(const TlsContext& server);
    /// Ends a pending accept().
    void close();

private:
    struct Native;
    explicit TlsListener(std::shared_ptr<Native> native);
    // Shared with the pending accept(), as with TlsStream.
    std::shared_ptr<Native> native_;
};

}  // namespace partyline::net
