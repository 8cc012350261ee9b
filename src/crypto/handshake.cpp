#include "crypto/handshake.hpp"

#include "base/bytes.hpp"

namespace partyline::crypto {
namespace {

// No lead is the beginning of another, and what follows has a fixed or a stated length: no message
// of one kind is ever the bytes of another.
constexpr std::string_view server_lead = "partyline/1 server";
constexpr std::string_view login_lead = "partyline/1 login";
constexpr std::string_view resume_lead = "partyline/1 resume";
constexpr std::string_view device_lead = "partyline/1 device";

constexpr std::int64_t clock_grace_ms = 60LL * 60 * 1000;

Bytes server_message(const ExporterValue& exporter) {
    Bytes message = to_bytes(as_bytes(server_lead));
    append(message, exporter);
    return message;
}

Bytes login_message(const LoginClaim& claim) {
    Bytes message = to_bytes(as_bytes(login_lead));
    append(message, claim.exporter);
    append(message, claim.x25519);
    append_be<std::uint32_t>(message, static_cast<std::uint32_t>(claim.versions.size()));
    for (const auto version : claim.versions) {
        append_be<std::uint32_t>(message, version);
    }
    return message;
}

Bytes resume_message(const ResumeClaim& claim) {
    Bytes message = to_bytes(as_bytes(resume_lead));
    append(message, claim.exporter);
    append_be<std::uint32_t>(message, claim.session.value);
    return message;
}

Bytes device_message(const DeviceClaim& claim) {
    Bytes message = to_bytes(as_bytes(device_lead));
    append(message, claim.server_id);
    append(message, claim.x25519);
    append_be<std::uint64_t>(message, static_cast<std::uint64_t>(claim.expiry_unix_ms));
    return message;
}

}  // namespace

Signature sign_server_hello(const Identity& server, const ExporterValue& exporter) {
    return server.sign(server_message(exporter));
}

bool verify_server_hello(const PublicKey& server, const ExporterValue& exporter,
                         const Signature& signature) {
    return verify(server, server_message(exporter), signature);
}

Signature sign_login(const Identity& identity, const LoginClaim& claim) {
    return identity.sign(login_message(claim));
}

bool verify_login(const PublicKey& identity, const LoginClaim& claim, const Signature& signature) {
    return verify(identity, login_message(claim), signature);
}

Signature sign_resume(const Identity& identity, const ResumeClaim& claim) {
    return identity.sign(resume_message(claim));
}

bool verify_resume(const PublicKey& identity, const ResumeClaim& claim,
                   const Signature& signature) {
    return verify(identity, resume_message(claim), signature);
}

Signature sign_device(const Identity& identity, const DeviceClaim& claim) {
    return identity.sign(device_message(claim));
}

bool verify_device(const PublicKey& identity, const DeviceClaim& claim, const Signature& signature,
                   std::int64_t now_unix_ms) {
    const bool expired = claim.expiry_unix_ms < now_unix_ms - clock_grace_ms;
    const bool too_long =
        claim.expiry_unix_ms > now_unix_ms + device_lifetime_ms_max + clock_grace_ms;
    return !expired && !too_long && verify(identity, device_message(claim), signature);
}

}  // namespace partyline::crypto
