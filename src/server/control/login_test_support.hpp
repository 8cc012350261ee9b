// For tests without sockets: what a talkie of some identity logs in with. There is no TLS beneath, so its exporter's
// value is all zeros.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "crypto/handshake.hpp"
#include "crypto/identity.hpp"
#include "wire/control.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

/// Its device is good for a second.
inline wire::Login make_login(const crypto::Identity& identity, const crypto::PublicKey& server,
                              std::string name, std::int64_t now_unix_ms) {
    const crypto::PublicKey x25519{};
    const std::vector<std::uint32_t> versions{wire::protocol_version};
    const auto expiry = now_unix_ms + 1000;
    return {.identity = to_bytes(identity.public_key()),
            .x25519 = to_bytes(x25519),
            .versions = versions,
            .signature = to_bytes(crypto::sign_login(
                identity, {.exporter = {}, .x25519 = x25519, .versions = versions})),
            .device = {.signature = to_bytes(crypto::sign_device(
                           identity,
                           {.server_id = server, .x25519 = x25519, .expiry_unix_ms = expiry})),
                       .expiry_unix_ms = expiry},
            .name = std::move(name)};
}

}  // namespace partyline::control
