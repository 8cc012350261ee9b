// Coming in: what the server must prove before we send a byte, and what we then say.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "client/pins.hpp"
#include "client/talkie.hpp"
#include "crypto/identity.hpp"
#include "crypto/keys.hpp"
#include "wire/control.hpp"

namespace partyline::client {

/// A server that has proven who it is, and is who it should be.
struct TrustedServer {
    crypto::PublicKey id{};
    std::string name;
    std::string fingerprint;
    bool first_use = false;  // and to be pinned, once it has answered
    wire::Limits limits;
};

/// `exporter` is the TLS exporter's value for crypto::exporter_label_login on this connection.
/// Fails with bad_signature, wrong_identity or wrong_version, or because pins cannot be read. Nothing is pinned yet.
Result<TrustedServer> check_hello(const wire::Hello& hello, const crypto::ExporterValue& exporter,
                                  const Settings& settings);

struct LoginParts {
    const crypto::Identity& identity;
    const crypto::AgreementKey& agreement;
    crypto::PublicKey server_id{};
    crypto::ExporterValue exporter{};
    std::string name;
    std::int64_t now_unix_ms = 0;
};
wire::Login make_login(const LoginParts& parts);

struct ResumeParts {
    const crypto::Identity& identity;
    crypto::ExporterValue exporter{};  // of the new connection
    SessionId session{};
    Bytes token;
    std::uint64_t last_seq = 0;
};
wire::Resume make_resume(const ResumeParts& parts);

/// Signed anew, for as long as peers will accept.
wire::DeviceKey make_device_key(const crypto::Identity& identity,
                                const crypto::PublicKey& server_id, const crypto::PublicKey& x25519,
                                std::int64_t now_unix_ms);

}  // namespace partyline::client
