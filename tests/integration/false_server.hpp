// Something that takes connections as a switchboard does, and then says what a test wants it to.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

#include "base/bytes.hpp"
#include "crypto/handshake.hpp"
#include "crypto/identity.hpp"
#include "harness/scratch.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "wire/control.hpp"

namespace partyline::integration {

/// On 127.0.0.1, for one connection.
class FalseServer {
public:
    /// What it says to whoever has shaken hands; it knows the handshake's exporter, as it must to
    /// prove itself. None: it hangs up before that.
    using FirstWords = std::function<Bytes(const crypto::ExporterValue&)>;

    FalseServer(const harness::Scratch& scratch, FirstWords first_words);
    ~FalseServer();
    FalseServer(const FalseServer&) = delete;
    FalseServer& operator=(const FalseServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return listener_.local().port(); }

private:
    net::task<> serve();

    const FirstWords first_words_;
    net::Loop loop_;
    net::TlsListener listener_;
    std::jthread thread_;  // last: it uses the above
};

/// A Hello in its frame, by whoever `identity` is, that a talkie accepts.
wire::Hello proper_hello(const crypto::Identity& identity, const crypto::ExporterValue& exporter);
Bytes framed(const wire::Hello& hello);

}  // namespace partyline::integration
