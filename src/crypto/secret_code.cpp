#include "crypto/secret_code.hpp"

#include <sodium.h>

#include "base/bytes.hpp"
#include "crypto/keys.hpp"
#include "crypto/octets.hpp"

namespace partyline::crypto {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static_assert(alphabet.size() == 32);
constexpr std::size_t symbols = 20;
constexpr std::size_t group = 5;

/// As it stands in the alphabet, or 0 for what does not.
char normal(char typed) {
    const char upper = typed >= 'a' && typed <= 'z' ? static_cast<char>(typed - 'a' + 'A') : typed;
    switch (upper) {
        case 'O': return '0';
        case 'I':
        case 'L': return '1';
        default: return alphabet.contains(upper) ? upper : '\0';
    }
}

}  // namespace

std::string make_secret_code() {
    std::array<std::byte, symbols> random{};
    fill_random(random);
    std::string code;
    for (std::size_t i = 0; i < symbols; ++i) {
        if (i > 0 && i % group == 0) {
            code += '-';
        }
        code += alphabet[std::to_integer<std::size_t>(random[i]) % alphabet.size()];
    }
    return code;
}

std::optional<CodeHash> hash_secret_code(std::string_view typed) {
    std::string code;
    for (const char c : typed) {
        if (c == '-' || c == ' ') {
            continue;
        }
        const char symbol = normal(c);
        if (symbol == '\0' || code.size() == symbols) {
            return std::nullopt;
        }
        code += symbol;
    }
    if (code.size() != symbols) {
        return std::nullopt;
    }
    CodeHash hash{};
    crypto_hash_sha256(octets_of(hash), octets(as_bytes(code)), code.size());
    return hash;
}

}  // namespace partyline::crypto
