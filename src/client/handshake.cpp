#include "client/handshake.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "base/bytes.hpp"
#include "crypto/handshake.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

constexpr std::array<std::uint32_t, 1> our_versions{wire::protocol_version};

template <std::size_t Size>
bool copy_exactly(const Bytes& from, std::array<std::byte, Size>& to) {
    if (from.size() != Size) {
        return false;
    }
    std::ranges::copy(from, to.begin());
    return true;
}

}  // namespace

Result<TrustedServer> check_hello(const wire::Hello& hello, const crypto::ExporterValue& exporter,
                                  const Settings& settings) {
    TrustedServer server{.name = hello.server_name, .fingerprint = {}, .limits = hello.limits};
    crypto::Signature signature{};
    if (!copy_exactly(hello.server_identity, server.id) ||
        !copy_exactly(hello.signature, signature) ||
        !crypto::verify_server_hello(server.id, exporter, signature)) {
        return fail(ErrorCode::bad_signature,
                    std::format("{} cannot prove its identity. Somebody may be in between.",
                                settings.host));
    }
    server.fingerprint = crypto::fingerprint(server.id);
    const auto known = check_server(settings.trust, server_name_of(settings.host, settings.port),
                                    server.fingerprint);
    if (!known) {
        return std::unexpected(known.error());
    }
    server.first_use = *known == ServerKnown::first_use;
    if (!std::ranges::contains(hello.versions, wire::protocol_version)) {
        return fail(ErrorCode::wrong_version,
                    std::format("{} does not speak protocol {}; one of us needs an update.",
                                settings.host, wire::protocol_version));
    }
    return server;
}

wire::Login make_login(const LoginParts& parts) {
    const auto& x25519 = parts.agreement.public_key();
    const auto signature = crypto::sign_login(
        parts.identity, {.exporter = parts.exporter, .x25519 = x25519, .versions = our_versions});
    return {.identity = to_bytes(parts.identity.public_key()),
            .x25519 = to_bytes(x25519),
            .versions = {our_versions.begin(), our_versions.end()},
            .signature = to_bytes(signature),
            .device = make_device_key(parts.identity, parts.server_id, x25519, parts.now_unix_ms),
            .name = parts.name};
}

wire::Resume make_resume(const ResumeParts& parts) {
    const auto signature =
        crypto::sign_resume(parts.identity, {.exporter = parts.exporter, .session = parts.session});
    return {.session = parts.session,
            .token = parts.token,
            .last_seq = parts.last_seq,
            .signature = to_bytes(signature)};
}

wire::DeviceKey make_device_key(const crypto::Identity& identity,
                                const crypto::PublicKey& server_id, const crypto::PublicKey& x25519,
                                std::int64_t now_unix_ms) {
    const auto expiry = now_unix_ms + crypto::device_lifetime_ms_max;
    const auto signature = crypto::sign_device(
        identity, {.server_id = server_id, .x25519 = x25519, .expiry_unix_ms = expiry});
    return {.signature = to_bytes(signature), .expiry_unix_ms = expiry};
}

}  // namespace partyline::client
