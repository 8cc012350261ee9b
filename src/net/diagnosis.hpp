// Whether what a server needs of the network is there: for a check before the start, and of one that runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "net/tls.hpp"

namespace partyline::net {

/// Listens there with TCP for as long as it is held, for nobody. Fails as TlsListener::create().
Result<TlsListener> try_to_listen(Loop& loop, const TlsListener::Options& options);

struct CertificateFacts {
    std::string subject;  // as OpenSSL writes it: "CN = chat.example.org"
    std::int64_t begins_unix_s = 0;
    std::int64_t ends_unix_s = 0;
};
/// The first certificate of the file. Fails with config, naming the file.
Result<CertificateFacts> read_certificate_facts(const std::string& certificate);

/// In PEM, what the server of this stream has shown first. Fails with closed before the handshake.
Result<std::string> shown_certificate(const TlsStream& stream);

/// This machine's own addresses, without loopback and link-local ones.
std::vector<Endpoint> own_addresses();
/// Not to be reached from the internet: RFC 1918, RFC 6598, RFC 4193.
bool is_private(const Endpoint& endpoint);

}  // namespace partyline::net
