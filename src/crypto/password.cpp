#include "crypto/password.hpp"

#include <sodium.h>

#include <array>

#include "base/bytes.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {
namespace {

constexpr auto operations = crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE;
constexpr auto memory_bytes = crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE;

}  // namespace

std::optional<std::string> hash_password(std::string_view password) {
    std::array<std::byte, 1> first;
    fill_random(first);  // libsodium is started
    std::array<char, crypto_pwhash_argon2id_STRBYTES> text{};
    if (crypto_pwhash_argon2id_str(text.data(), password.data(), password.size(), operations,
                                   memory_bytes) != 0) {
        return std::nullopt;
    }
    return std::string(text.data());
}

bool verify_password(const std::string& hash, std::string_view password) {
    return crypto_pwhash_argon2id_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

const std::string& decoy_password_hash() {
    static const std::string decoy = [] {
        std::array<std::byte, 32> nobody_knows;
        fill_random(nobody_knows);
        // Without the memory for it, nobody's password can be verified either.
        return hash_password(as_text(nobody_knows)).value_or("");
    }();
    return decoy;
}

}  // namespace partyline::crypto
