// Authenticated shares of a sender key: only the named receiver can open one, and it knows from
// whom it came. docs/protocol.md, "Shares".
//
//   key    = HKDF-SHA-256(X25519(own, theirs), info = "partyline/1 share" ‖ server id ‖
//            sender's identity ‖ receiver's identity ‖ sender's X25519 ‖ receiver's X25519)
//   sealed = nonce (24, random) ‖ XChaCha20-Poly1305(key, nonce, AD, sender key (32))
//   AD     = channel id ‖ sender's session ‖ receiver's session ‖ stream ‖ generation ‖ step
#pragma once

#include "base/error.hpp"
#include "base/ids.hpp"
#include "crypto/identity.hpp"
#include "crypto/sender_key.hpp"

namespace partyline::crypto {

struct ShareContext {
    ChannelId channel{};
    SessionId from{};
    SessionId to{};
    StreamId stream{};
    std::uint32_t generation = 0;
    std::uint16_t step = 0;
};

/// The public half of one end of a pair.
struct PeerKeys {
    PublicKey identity{};
    PublicKey x25519{};
};

inline constexpr std::size_t sealed_share_bytes = 24 + 32 + 16;

/// The two directional keys between us and one peer, derived once: caching this object is the
/// cache of the Diffie-Hellman result. Immutable, so [any].
class SharePair {
public:
    /// Fails with bad_signature when the agreement comes out as zero.
    static Result<SharePair> create(const AgreementKey& own_agreement, const PeerKeys& own,
                                    const PeerKeys& theirs, const PublicKey& server_id);

    [[nodiscard]] Bytes seal(const ShareContext& context, const SenderKeyMaterial& material) const;
    /// Fails with bad_key_share for a share that is not from this peer, not for us, or not of this
    /// context.
    [[nodiscard]] Result<SenderKeyMaterial> open(const ShareContext& context,
                                                 ByteView sealed) const;

private:
    SharePair() = default;
    Secret<32> to_them_;
    Secret<32> to_us_;
};

}  // namespace partyline::crypto
