// The bytes that are signed at login, and the labels of the TLS exporter (docs/protocol.md,
// "Login"). All are over the exporter value of this very connection, so no signature can be
// relayed to another server.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/ids.hpp"
#include "crypto/identity.hpp"

namespace partyline::crypto {

inline constexpr std::string_view exporter_label_login = "EXPORTER-partyline login";
inline constexpr std::string_view exporter_label_up = "EXPORTER-partyline up";
inline constexpr std::string_view exporter_label_down = "EXPORTER-partyline down";

/// `partyline/1 server` ‖ exporter
Signature sign_server_hello(const Identity& server, const ExporterValue& exporter);
bool verify_server_hello(const PublicKey& server, const ExporterValue& exporter,
                         const Signature& signature);

struct LoginClaim {
    ExporterValue exporter{};
    PublicKey x25519{};
    std::span<const std::uint32_t> versions;
};

/// `partyline/1 login` ‖ exporter ‖ X25519 key ‖ count and versions as u32
Signature sign_login(const Identity& identity, const LoginClaim& claim);
bool verify_login(const PublicKey& identity, const LoginClaim& claim, const Signature& signature);

struct ResumeClaim {
    ExporterValue exporter{};  // of the new connection
    SessionId session{};
};

/// `partyline/1 resume` ‖ exporter ‖ session as u32
Signature sign_resume(const Identity& identity, const ResumeClaim& claim);
bool verify_resume(const PublicKey& identity, const ResumeClaim& claim, const Signature& signature);

struct DeviceClaim {
    PublicKey server_id{};
    PublicKey x25519{};
    std::int64_t expiry_unix_ms = 0;
};

inline constexpr std::int64_t device_lifetime_ms_max = 7LL * 24 * 60 * 60 * 1000;

/// `partyline/1 device` ‖ server id ‖ X25519 key ‖ expiry as u64
Signature sign_device(const Identity& identity, const DeviceClaim& claim);
/// False also when the claim has expired at `now_unix_ms` or would live longer than allowed, with
/// an hour's grace either way for clocks that differ.
bool verify_device(const PublicKey& identity, const DeviceClaim& claim, const Signature& signature,
                   std::int64_t now_unix_ms);

}  // namespace partyline::crypto
