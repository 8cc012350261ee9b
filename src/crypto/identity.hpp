// Long-lived Ed25519 identities of both sides, and the X25519 key of one session.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {

/// An Ed25519 key pair (RFC 8032). Who one is: made once, kept in a file
/// (platform/identity_file.hpp). Immutable, so [any].
class Identity {
public:
    static Identity generate();
    /// From the 32-byte seed that seed() gave.
    static Identity from_seed(const Secret<32>& seed);

    /// Reads what to_text() wrote. Fails with malformed for anything else, a public key that is not
    /// the seed's among it: a damaged file must not become somebody new.
    static Result<Identity> from_text(std::string_view text);
    /// One line, `partyline identity 1 SEED PUBLIC_KEY`, the two keys in base64url, and a line
    /// feed. It is the secret itself: wipe() it after use.
    [[nodiscard]] std::string to_text() const;

    [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
    [[nodiscard]] Secret<32> seed() const;
    [[nodiscard]] Signature sign(ByteView message) const;

private:
    Identity() = default;
    PublicKey public_key_{};
    Secret<64> secret_key_;
};

/// False for a wrong signature, and for keys of small order.
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

/// An X25519 key pair (RFC 7748), made for each session. Immutable, so [any].
class AgreementKey {
public:
    static AgreementKey generate();
    static AgreementKey from_secret(const Secret<32>& secret);

    [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
    /// The shared secret with `theirs`. Fails with bad_signature when it comes out as zero, that
    /// is when `theirs` was chosen to cancel our part.
    [[nodiscard]] Result<Secret<32>> agree(const PublicKey& theirs) const;

private:
    AgreementKey() = default;
    PublicKey public_key_{};
    Secret<32> secret_;
};

}  // namespace partyline::crypto
