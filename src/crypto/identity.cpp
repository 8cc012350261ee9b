#include "crypto/identity.hpp"

#include <sodium.h>

#include <algorithm>

#include "crypto/octets.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

static_assert(crypto_sign_ed25519_PUBLICKEYBYTES == public_key_bytes);
static_assert(crypto_sign_ed25519_SECRETKEYBYTES == 64);
static_assert(crypto_sign_ed25519_BYTES == signature_bytes);
static_assert(crypto_scalarmult_curve25519_BYTES == public_key_bytes);

constexpr std::string_view text_lead = "partyline identity 1 ";
constexpr std::size_t text_key_digits = 43;  // 32 bytes in base64url
constexpr std::size_t text_bytes = text_lead.size() + 2 * text_key_digits + 2;

Secret<32> random_secret() {
    Secret<32> secret;
    fill_random(secret.mutable_view());
    return secret;
}

}  // namespace

Identity Identity::generate() { return from_seed(random_secret()); }

Identity Identity::from_seed(const Secret<32>& seed) {
    Identity identity;
    crypto_sign_ed25519_seed_keypair(octets_of(identity.public_key_),
                                     octets_of(identity.secret_key_.mutable_view()),
                                     octets(seed.view()));
    return identity;
}

Result<Identity> Identity::from_text(std::string_view text) {
    const auto refused = [] { return fail(ErrorCode::malformed, "not a Partyline identity"); };
    if (text.size() != text_bytes || !text.starts_with(text_lead) || !text.ends_with('\n')) {
        return refused();
    }
    const auto seed_digits = text.substr(text_lead.size(), text_key_digits);
    const auto gap = text[text_lead.size() + text_key_digits];
    const auto key_digits = text.substr(text_lead.size() + text_key_digits + 1, text_key_digits);
    auto seed = from_base64url(seed_digits);
    if (!seed || gap != ' ') {
        return refused();
    }
    auto identity = from_seed(Secret<32>(*seed));
    wipe(*seed);
    if (to_base64url(identity.public_key()) != key_digits) {
        return refused();
    }
    return identity;
}

std::string Identity::to_text() const {
    std::string text;
    text.reserve(text_bytes);  // so that no copy of the seed is left behind by growing
    text += text_lead;
    auto digits = to_base64url(seed().view());
    text += digits;
    wipe(std::as_writable_bytes(std::span(digits)));
    text += ' ';
    text += to_base64url(public_key_);
    text += '\n';
    return text;
}

Secret<32> Identity::seed() const { return Secret<32>(secret_key_.view().first<32>()); }

Signature Identity::sign(ByteView message) const {
    Signature signature{};
    crypto_sign_ed25519_detached(octets_of(signature), nullptr, octets(message), message.size(),
                                 octets(secret_key_.view()));
    return signature;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
    return crypto_sign_ed25519_verify_detached(octets(signature), octets(message), message.size(),
                                               octets(key)) == 0;
}

AgreementKey AgreementKey::generate() { return from_secret(random_secret()); }

AgreementKey AgreementKey::from_secret(const Secret<32>& secret) {
    AgreementKey key;
    key.secret_ = secret.clone();
    crypto_scalarmult_curve25519_base(octets_of(key.public_key_), octets(secret.view()));
    return key;
}

Result<Secret<32>> AgreementKey::agree(const PublicKey& theirs) const {
    Secret<32> shared;
    if (crypto_scalarmult_curve25519(octets_of(shared.mutable_view()), octets(secret_.view()),
                                     octets(theirs)) != 0) {
        return fail(ErrorCode::bad_signature, "The other side's X25519 key is not a usable one.");
    }
    return shared;
}

}  // namespace partyline::crypto
