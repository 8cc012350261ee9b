#include "crypto/password.hpp"

#include <sodium.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <format>
#include <span>
#include <system_error>

#include "base/bytes.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {
namespace {

constexpr auto operations = crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE;
constexpr auto memory_bytes = crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE;
constexpr auto base64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
constexpr std::string_view beginning = "$argon2id$v=19$m=";

using Salt = std::array<unsigned char, crypto_pwhash_argon2id_SALTBYTES>;
using Digest = std::array<unsigned char, 32>;

/// What a hash says.
struct Parts {
    std::uint32_t kibibytes = 0;
    std::uint32_t operations = 0;
    Salt salt{};
    Digest digest{};
};

/// Takes it from the beginning of `text`, with what must follow.
std::optional<std::uint32_t> take_number(std::string_view& text, std::string_view end) {
    std::uint32_t number = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    if (error != std::errc() || !text.starts_with(end)) {
        return std::nullopt;
    }
    text.remove_prefix(end.size());
    return number;
}

template <class Array>
bool decode(std::string_view text, Array& bytes) {
    std::size_t size = 0;
    return sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                             nullptr, base64) == 0 &&
           size == bytes.size();
}

template <class Array>
std::string encode(const Array& bytes) {
    std::array<char, sodium_base64_ENCODED_LEN(sizeof(Array), base64)> text{};
    return sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), base64);
}

std::optional<Parts> parse(std::string_view hash) {
    if (!hash.starts_with(beginning)) {
        return std::nullopt;
    }
    hash.remove_prefix(beginning.size());
    const auto kibibytes = take_number(hash, ",t=");
    const auto passes = kibibytes ? take_number(hash, ",p=1$") : std::nullopt;
    const auto middle = hash.find('$');
    Parts parts;
    if (!passes || middle == std::string_view::npos ||
        !decode(hash.substr(0, middle), parts.salt) ||
        !decode(hash.substr(middle + 1), parts.digest)) {
        return std::nullopt;
    }
    parts.kibibytes = *kibibytes;
    parts.operations = *passes;
    const auto bytes = std::size_t{parts.kibibytes} * 1024;
    const bool sane = bytes >= crypto_pwhash_argon2id_MEMLIMIT_MIN &&
                      bytes <= crypto_pwhash_argon2id_MEMLIMIT_SENSITIVE &&
                      parts.operations >= crypto_pwhash_argon2id_OPSLIMIT_MIN;
    return sane ? std::optional(parts) : std::nullopt;
}

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

// libsodium has this, too, but up to 1.0.18 it says of a lack of memory that the password is wrong.
PasswordCheck verify_password(const std::string& hash, std::string_view password) {
    const auto parts = parse(hash);
    if (!parts) {
        return PasswordCheck::wrong;
    }
    Digest digest{};
    if (crypto_pwhash_argon2id(digest.data(), digest.size(), password.data(), password.size(),
                               parts->salt.data(), parts->operations,
                               std::size_t{parts->kibibytes} * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return PasswordCheck::no_memory;
    }
    return sodium_memcmp(digest.data(), parts->digest.data(), digest.size()) == 0
               ? PasswordCheck::right
               : PasswordCheck::wrong;
}

const std::string& decoy_password_hash() {
    // What no password was hashed to: it takes no memory to make, so it is there whatever happens.
    static const std::string decoy = [] {
        Parts nobody_knows;
        fill_random(std::as_writable_bytes(std::span(nobody_knows.salt)));
        fill_random(std::as_writable_bytes(std::span(nobody_knows.digest)));
        return std::format("{}{},t={},p=1${}${}", beginning, memory_bytes / 1024, operations,
                           encode(nobody_knows.salt), encode(nobody_knows.digest));
    }();
    return decoy;
}

}  // namespace partyline::crypto
