#include "crypto/key_share.hpp"

#include <sodium.h>

#include <algorithm>

#include "crypto/hkdf.hpp"
#include "crypto/octets.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

constexpr std::string_view info_lead = "partyline/1 share";
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t sender_key_bytes = 32;
static_assert(sealed_share_bytes == nonce_bytes + sender_key_bytes + tag_bytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);

// The key of one direction: each end calls the other end's outgoing key its incoming one.
Secret<32> direction_key(const Secret<32>& agreed, const PublicKey& server_id,
                         const PeerKeys& sender, const PeerKeys& receiver) {
    Bytes info = to_bytes(as_bytes(info_lead));
    append(info, server_id);
    append(info, sender.identity);
    append(info, receiver.identity);
    append(info, sender.x25519);
    append(info, receiver.x25519);
    return hkdf(agreed.view(), info);
}

Bytes bound_data(const ShareContext& context) {
    Bytes bound;
    append_be<std::uint32_t>(bound, context.channel.value);
    append_be<std::uint32_t>(bound, context.from.value);
    append_be<std::uint32_t>(bound, context.to.value);
    append_be<std::uint8_t>(bound, context.stream.value);
    append_be<std::uint32_t>(bound, context.generation);
    append_be<std::uint16_t>(bound, context.step);
    return bound;
}

}  // namespace

Result<SharePair> SharePair::create(const AgreementKey& own_agreement, const PeerKeys& own,
                                    const PeerKeys& theirs, const PublicKey& server_id) {
    require(own.x25519 == own_agreement.public_key(), "own keys are of one session");
    if (theirs.x25519 == own.x25519) {
        // Both directions would have one key, and our own shares could be sent back to us.
        return fail(ErrorCode::bad_signature, "The other side shows our own X25519 key.");
    }
    const auto agreed = own_agreement.agree(theirs.x25519);
    if (!agreed) {
        return std::unexpected(agreed.error());
    }
    SharePair pair;
    pair.to_them_ = direction_key(*agreed, server_id, own, theirs);
    pair.to_us_ = direction_key(*agreed, server_id, theirs, own);
    return pair;
}

Bytes SharePair::seal(const ShareContext& context, const SenderKeyMaterial& material) const {
    require(material.generation == context.generation && material.step == context.step,
            "a share names the generation and step of its key");
    Bytes sealed(sealed_share_bytes);
    const auto nonce = MutableByteView(sealed).first(nonce_bytes);
    const auto body = MutableByteView(sealed).subspan(nonce_bytes);
    const auto bound = bound_data(context);
    fill_random(nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        octets_of(body), nullptr, octets(material.key.view()), sender_key_bytes, octets(bound),
        bound.size(), nullptr, octets(nonce), octets(to_them_.view()));
    return sealed;
}

Result<SenderKeyMaterial> SharePair::open(const ShareContext& context, ByteView sealed) const {
    const auto refused = [] {
        return fail(ErrorCode::bad_key_share, "A key share does not open with its sender's key.");
    };
    if (sealed.size() != sealed_share_bytes) {
        return refused();
    }
    SenderKeyMaterial material{.generation = context.generation, .step = context.step};
    const auto bound = bound_data(context);
    const auto nonce = sealed.first(nonce_bytes);
    const auto body = sealed.subspan(nonce_bytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            octets_of(material.key.mutable_view()), nullptr, nullptr, octets(body), body.size(),
            octets(bound), bound.size(), octets(nonce), octets(to_us_.view())) != 0) {
        return refused();
    }
    return material;
}

}  // namespace partyline::crypto
