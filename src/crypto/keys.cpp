#include "crypto/keys.hpp"

#include <sodium.h>

#include <algorithm>

#include "crypto/octets.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

// libsodium wants one call before its generator is used from several threads. The functions of this
// folder that use none of its randomness do without.
void start_sodium_once() {
    static const bool started = sodium_init() >= 0;
    require(started, "libsodium must start");
}

}  // namespace

template <std::size_t Size>
Secret<Size>::Secret(ByteView from) {
    require(from.size() == Size, "a secret is made from as many bytes as it has");
    std::ranges::copy(from, bytes_.begin());
}

template <std::size_t Size>
Secret<Size>::~Secret() {
    wipe(bytes_);
}

template <std::size_t Size>
Secret<Size>::Secret(Secret&& other) noexcept : bytes_(other.bytes_) {
    wipe(other.bytes_);
}

template <std::size_t Size>
Secret<Size>& Secret<Size>::operator=(Secret&& other) noexcept {
    if (this != &other) {
        bytes_ = other.bytes_;
        wipe(other.bytes_);
    }
    return *this;
}

template class Secret<16>;
template class Secret<32>;
template class Secret<64>;

void fill_random(MutableByteView out) {
    start_sodium_once();
    randombytes_buf(out.data(), out.size());
}

void wipe(MutableByteView bytes) { sodium_memzero(bytes.data(), bytes.size()); }

bool equal_in_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string fingerprint(const PublicKey& key) {
    std::array<std::byte, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(octets_of(digest), octets(key), key.size());
    return to_base64url(digest);
}

}  // namespace partyline::crypto
