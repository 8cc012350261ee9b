#include "crypto/sframe.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "crypto/hkdf.hpp"
#include "crypto/keys.hpp"
#include "crypto/octets.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t aes_key_bytes = 16;
// Far above any datagram, far below what would not fit OpenSSL's int.
constexpr std::size_t frame_bytes_max = 64 * 1024;

// The header's first byte is two half bytes, KID and counter: a value of 0 to 7 stands in the half
// byte itself; a larger one sets its top bit, leaves its length less one, and follows.
constexpr std::uint8_t half_extended = 0x8;
constexpr std::uint8_t half_value = 0x7;

constexpr std::size_t shortest_bytes(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value)) + 7) / 8;
}

std::uint8_t half_byte(std::uint64_t value) {
    return value <= half_value
               ? static_cast<std::uint8_t>(value)
               : static_cast<std::uint8_t>(half_extended | (shortest_bytes(value) - 1));
}

// Writes what does not fit the half byte; says how many bytes.
std::size_t write_rest(MutableByteView out, std::uint64_t value) {
    if (value <= half_value) {
        return 0;
    }
    const auto count = shortest_bytes(value);
    std::array<std::byte, 8> whole{};
    store_be<std::uint64_t>(whole, value);
    std::ranges::copy(ByteView(whole).last(count), out.begin());
    return count;
}

// Reads what a half byte says, taking its bytes off `rest`; nothing if they are too few, or more
// than the value needs.
std::optional<std::uint64_t> read_value(std::uint8_t half, ByteView& rest) {
    if ((half & half_extended) == 0) {
        return half & half_value;
    }
    const std::size_t count = (half & half_value) + 1U;
    if (rest.size() < count) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const auto byte : rest.first(count)) {
        value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
    }
    if (value <= half_value || shortest_bytes(value) != count) {
        return std::nullopt;
    }
    rest = rest.subspan(count);
    return value;
}

// The key of this purpose: its label is the text, the KID and the suite (RFC 9605 section 4.4.2).
void derive(const Secret<32>& secret, std::string_view text, std::uint64_t kid,
            MutableByteView out) {
    Bytes label = to_bytes(as_bytes(text));
    append_be<std::uint64_t>(label, kid);
    append_be<std::uint16_t>(label, sframe_suite_aes_128_gcm);
    hkdf_expand(secret, label, out);
}

// Looking an algorithm up costs more than a frame does; it is done once and lives as long as we do.
const EVP_CIPHER* aes_128_gcm() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
    require(cipher != nullptr, "OpenSSL must have AES-128-GCM");
    return cipher;
}

int length(ByteView bytes) {
    require(bytes.size() <= frame_bytes_max, "a frame has at most 64 KiB");
    return static_cast<int>(bytes.size());
}

}  // namespace

// AES-GCM with the expanded key kept in OpenSSL's context, so that a frame only sets its nonce.
struct SFrameKey::Cipher {
    Cipher(ByteView base_key, std::uint64_t kid) : context(EVP_CIPHER_CTX_new()) {
        const auto secret = hkdf_extract({}, base_key);
        std::array<std::byte, aes_key_bytes> key{};
        derive(secret, "SFrame 1.0 Secret key ", kid, key);
        derive(secret, "SFrame 1.0 Secret salt ", kid, salt);
        must(context != nullptr &&
             EVP_EncryptInit_ex2(context, aes_128_gcm(), octets(key), nullptr, nullptr) == 1);
        wipe(key);
    }
    ~Cipher() {
        EVP_CIPHER_CTX_free(context);
        wipe(salt);
    }
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;

    enum class Direction : int { open = 0, seal = 1 };

    // With a key set and nothing out of memory, none of these calls has a reason to fail.
    static void must(bool done) { require(done, "AES-GCM must work"); }

    void start(Direction direction, std::uint64_t counter, ByteView header, ByteView metadata) {
        std::array<std::byte, nonce_bytes> nonce{};
        store_be<std::uint64_t>(MutableByteView(nonce).last(8), counter);
        for (std::size_t i = 0; i < nonce_bytes; ++i) {
            nonce[i] ^= salt[i];
        }
        must(EVP_CipherInit_ex2(context, nullptr, nullptr, octets(nonce),
                                static_cast<int>(direction), nullptr) == 1);
        bind(header);
        bind(metadata);
    }

    void bind(ByteView bytes) {
        int done = 0;
        must(bytes.empty() ||
             EVP_CipherUpdate(context, nullptr, &done, octets(bytes), length(bytes)) == 1);
    }

    void transform(ByteView from, MutableByteView to) {
        int done = 0;
        must(from.empty() ||
             EVP_CipherUpdate(context, octets_of(to), &done, octets(from), length(from)) == 1);
    }

    void write_tag(MutableByteView tag) {
        int done = 0;
        must(EVP_CipherFinal_ex(context, octets_of(tag), &done) == 1);
        must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length(tag), tag.data()) == 1);
    }

    bool tag_is_right(ByteView tag) {
        std::array<std::byte, sframe_tag_bytes> expected{};
        std::ranges::copy(tag, expected.begin());
        must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, length(tag), expected.data()) ==
             1);
        int done = 0;
        return EVP_CipherFinal_ex(context, octets_of(expected), &done) == 1;
    }

    EVP_CIPHER_CTX* context;
    std::array<std::byte, nonce_bytes> salt{};
};

std::size_t write_sframe_header(MutableByteView out, const SFrameHeader& header) {
    require(out.size() >= sframe_header_bytes_max, "room for the longest SFrame header");
    out[0] = static_cast<std::byte>(half_byte(header.kid) << 4U | half_byte(header.counter));
    std::size_t written = 1;
    written += write_rest(out.subspan(written), header.kid);
    written += write_rest(out.subspan(written), header.counter);
    return written;
}

std::optional<ParsedSFrameHeader> parse_sframe_header(ByteView bytes) {
    if (bytes.empty()) {
        return std::nullopt;
    }
    const auto halves = std::to_integer<unsigned>(bytes[0]);
    auto rest = bytes.subspan(1);
    const auto kid = read_value(static_cast<std::uint8_t>(halves >> 4U), rest);
    if (!kid) {
        return std::nullopt;
    }
    const auto counter = read_value(static_cast<std::uint8_t>(halves & 0xFU), rest);
    if (!counter) {
        return std::nullopt;
    }
    return ParsedSFrameHeader{.header = {.kid = *kid, .counter = *counter},
                              .bytes = bytes.size() - rest.size()};
}

SFrameKey::SFrameKey(ByteView base_key, std::uint64_t kid)
    : cipher_(std::make_unique<Cipher>(base_key, kid)), kid_(kid) {}
SFrameKey::~SFrameKey() = default;
SFrameKey::SFrameKey(SFrameKey&&) noexcept = default;
SFrameKey& SFrameKey::operator=(SFrameKey&&) noexcept = default;

std::size_t SFrameKey::seal(std::uint64_t counter, ByteView metadata, ByteView plaintext,
                            MutableByteView out) {
    require(out.size() >= sframe_header_bytes_max + plaintext.size() + sframe_tag_bytes,
            "room for the sealed frame");
    require(!last_sealed_ || counter > *last_sealed_, "an SFrame counter is used once per key");
    last_sealed_ = counter;
    const auto header_bytes = write_sframe_header(out, {.kid = kid_, .counter = counter});
    const auto body = out.subspan(header_bytes, plaintext.size());
    const auto tag = out.subspan(header_bytes + plaintext.size(), sframe_tag_bytes);

    cipher_->start(Cipher::Direction::seal, counter, out.first(header_bytes), metadata);
    cipher_->transform(plaintext, body);
    cipher_->write_tag(tag);
    return header_bytes + plaintext.size() + sframe_tag_bytes;
}

std::optional<std::size_t> SFrameKey::open(ByteView ciphertext, ByteView metadata,
                                           MutableByteView out) {
    const auto parsed = parse_sframe_header(ciphertext);
    if (!parsed || parsed->header.kid != kid_ || ciphertext.size() > frame_bytes_max ||
        ciphertext.size() < parsed->bytes + sframe_tag_bytes) {
        return std::nullopt;
    }
    const auto header = ciphertext.first(parsed->bytes);
    const auto tag = ciphertext.last(sframe_tag_bytes);
    const auto body =
        ciphertext.subspan(parsed->bytes, ciphertext.size() - parsed->bytes - sframe_tag_bytes);
    require(out.size() >= body.size(), "room for the opened frame");

    cipher_->start(Cipher::Direction::open, parsed->header.counter, header, metadata);
    cipher_->transform(body, out);
    if (!cipher_->tag_is_right(tag)) {
        wipe(out.first(body.size()));
        return std::nullopt;
    }
    return body.size();
}

}  // namespace partyline::crypto
