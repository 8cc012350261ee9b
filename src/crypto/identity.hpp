// Long-lived Ed25519 identities of both sides, and the X25519 key of one session.
#pragma once

#include <memory>

#include "base/error.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {

/// An Ed25519 key pair (RFC 8032). Who one is: made once, kept in a file. Immutable, so [any].
class Identity {
public:
    static Identity generate();
    /// From the 32-byte seed that seed() gave.
    static Identity from_seed(const Secret<32>& seed);

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

/// Reads the identity kept at `path`, or makes one there (mode 0600, written whole or not at all)
/// when there is no such file. Fails with io for a file that cannot be read, is not ours, or is
/// open to others, naming the path and what to do; never replaces what it cannot read.
Result<Identity> load_or_create_identity(const std::string& path);

}  // namespace partyline::crypto
