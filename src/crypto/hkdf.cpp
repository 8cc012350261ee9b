#include "crypto/hkdf.hpp"

#include <sodium.h>

#include <algorithm>

#include "crypto/octets.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

// The state knows the key, so it is wiped like one.
class Hmac {
public:
    explicit Hmac(ByteView key) { crypto_auth_hmacsha256_init(&state_, octets(key), key.size()); }
    ~Hmac() { sodium_memzero(&state_, sizeof state_); }
    Hmac(const Hmac&) = delete;
    Hmac& operator=(const Hmac&) = delete;

    void add(ByteView bytes) {
        crypto_auth_hmacsha256_update(&state_, octets(bytes), bytes.size());
    }
    Secret<32> finish() {
        Secret<32> mac;
        crypto_auth_hmacsha256_final(&state_, octets_of(mac.mutable_view()));
        return mac;
    }

private:
    crypto_auth_hmacsha256_state state_;
};

}  // namespace

Secret<32> hkdf_extract(ByteView salt, ByteView input) {
    Hmac hmac(salt);
    hmac.add(input);
    return hmac.finish();
}

void hkdf_expand(const Secret<32>& extracted, ByteView info, MutableByteView out) {
    require(out.size() <= hkdf_bytes_max, "one block of HKDF is all that we derive");
    static constexpr std::array first_block{std::byte{1}};
    Hmac hmac(extracted.view());
    hmac.add(info);
    hmac.add(first_block);
    const auto block = hmac.finish();
    std::ranges::copy(block.view().first(out.size()), out.begin());
}

Secret<32> hkdf(ByteView input, ByteView info) {
    Secret<32> key;
    hkdf_expand(hkdf_extract({}, input), info, key.mutable_view());
    return key;
}

}  // namespace partyline::crypto
