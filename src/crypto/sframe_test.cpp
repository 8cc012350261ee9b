#include "crypto/sframe.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "crypto/sender_key.hpp"
#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

Bytes seal(SFrameKey& key, std::uint64_t counter, ByteView metadata, ByteView plaintext) {
    Bytes sealed(plaintext.size() + sframe_header_bytes_max + sframe_tag_bytes);
    sealed.resize(key.seal(counter, metadata, plaintext, sealed));
    return sealed;
}

std::optional<Bytes> open(SFrameKey& key, ByteView sealed, ByteView metadata) {
    Bytes plaintext(sealed.size());
    const auto size = key.open(sealed, metadata, plaintext);
    if (!size) {
        return std::nullopt;
    }
    plaintext.resize(*size);
    return plaintext;
}

TEST(SFrame, HeaderVectorsOfRfc9605) {
    const auto vectors = load_vectors("sframe-rfc9605.json").at("header");
    ASSERT_EQ(vectors.size(), 289U);
    for (const auto& vector : vectors) {
        const SFrameHeader header{.kid = vector.at("kid"), .counter = vector.at("ctr")};
        const auto encoded = hex_field(vector, "encoded");
        Bytes written(sframe_header_bytes_max);
        written.resize(write_sframe_header(written, header));
        EXPECT_EQ(written, encoded);

        const auto parsed = parse_sframe_header(encoded);
        ASSERT_TRUE(parsed) << vector;
        EXPECT_EQ(parsed->header, header);
        EXPECT_EQ(parsed->bytes, encoded.size());
        for (std::size_t cut = 0; cut < encoded.size(); ++cut) {
            EXPECT_FALSE(parse_sframe_header(ByteView(encoded).first(cut))) << vector << cut;
        }
    }
}

TEST(SFrame, HeadersThatAreLongerThanNeedBeAreRefused) {
    const char* const cases[] = {
        "8000",    // KID 0 in a byte of its own
        "8007",    // KID 7
        "900008",  // KID 8 in two bytes
        "0800",    // counter 0 in a byte of its own
        "0807",    // counter 7
        "0900ff",  // counter 255 in two bytes
        "0f00ffffffffffffff",
        "f000ffffffffffffff",
    };
    for (const auto* text : cases) {
        EXPECT_FALSE(parse_sframe_header(*from_hex(text))) << text;
    }
    EXPECT_TRUE(parse_sframe_header(*from_hex("8008")));
    EXPECT_TRUE(parse_sframe_header(*from_hex("0808")));
    EXPECT_TRUE(parse_sframe_header(*from_hex("90ffff")));
}

TEST(SFrame, FrameVectorsOfRfc9605) {
    const auto vectors = load_vectors("sframe-rfc9605.json").at("sframe");
    std::size_t checked = 0;
    for (const auto& vector : vectors) {
        if (vector.at("cipher_suite").get<int>() != sframe_suite_aes_128_gcm) {
            continue;
        }
        ++checked;
        SFrameKey key(hex_field(vector, "base_key"), vector.at("kid"));
        const auto metadata = hex_field(vector, "metadata");
        const auto plaintext = hex_field(vector, "pt");
        const auto sealed = seal(key, vector.at("ctr"), metadata, plaintext);
        EXPECT_EQ(to_hex(sealed), text_field(vector, "ct"));
        EXPECT_EQ(open(key, sealed, metadata), plaintext);
    }
    EXPECT_EQ(checked, 1U);
}

TEST(SFrame, EverySingleBitFlipIsRefused) {
    const int frames = full_suite() ? 1000 : 50;
    Random random(3);
    for (int frame = 0; frame < frames; ++frame) {
        const auto kid = random.next() >> random.below(64);
        SFrameKey key(random_bytes(random, 32), kid);
        auto metadata = random_bytes(random, frame_metadata_bytes);
        const auto plaintext = random_bytes(random, random.below(120));
        auto sealed = seal(key, random.next() >> random.below(64), metadata, plaintext);
        ASSERT_EQ(open(key, sealed, metadata), plaintext);
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            flip_bit(sealed, bit);
            ASSERT_FALSE(open(key, sealed, metadata)) << "frame " << frame << ", bit " << bit;
            flip_bit(sealed, bit);
        }
        for (std::size_t bit = 0; bit < metadata.size() * 8; ++bit) {
            flip_bit(metadata, bit);
            ASSERT_FALSE(open(key, sealed, metadata)) << "metadata " << frame << ", bit " << bit;
            flip_bit(metadata, bit);
        }
        ASSERT_EQ(open(key, sealed, metadata), plaintext) << "the key itself must be unharmed";
    }
}

TEST(SFrame, WhatIsCutOrLengthenedIsRefused) {
    Random random(4);
    SFrameKey key(random_bytes(random, 32), 300);
    auto sealed = seal(key, 70'000, {}, random_bytes(random, 40));
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(open(key, ByteView(sealed).first(size), {})) << size;
    }
    sealed.push_back(std::byte{0});
    EXPECT_FALSE(open(key, sealed, {}));
}

TEST(SFrame, NothingOfAForgedFrameIsLeftBehind) {
    Random random(5);
    SFrameKey key(random_bytes(random, 32), 1);
    const auto plaintext = random_bytes(random, 40);
    auto sealed = seal(key, 1, {}, plaintext);
    sealed.back() ^= std::byte{1};
    Bytes out(sealed.size(), std::byte{0xAA});
    EXPECT_FALSE(key.open(sealed, {}, out));
    EXPECT_EQ(to_hex(ByteView(out).first(plaintext.size())), std::string(80, '0'));
    EXPECT_EQ(ERR_peek_error(), 0U) << "TLS on the same thread would fail over it";
}

TEST(SFrame, EmptyFramesAndMetadata) {
    Random random(6);
    SFrameKey key(random_bytes(random, 32), 1);
    const auto sealed = seal(key, 1, {}, {});
    EXPECT_EQ(sealed.size(), 1U + sframe_tag_bytes);
    EXPECT_EQ(open(key, sealed, {}), Bytes{});
    EXPECT_FALSE(open(key, sealed, as_bytes("x")));
}

TEST(SFrame, KidAndBaseKeyBothMatter) {
    Random random(7);
    const auto base = random_bytes(random, 32);
    SFrameKey one(base, 1);
    SFrameKey two(base, 2);
    SFrameKey other(random_bytes(random, 32), 1);
    const auto plaintext = random_bytes(random, 20);
    auto sealed = seal(one, 1, {}, plaintext);
    EXPECT_FALSE(open(other, sealed, {}));
    EXPECT_FALSE(open(two, sealed, {}));
    sealed[0] = std::byte{0x21};  // says KID 2, and is still KID 1's
    EXPECT_FALSE(open(two, sealed, {}));
}

TEST(SFrameDeathTest, ACounterIsNeverUsedAgain) {
    SFrameKey key(Bytes(32), 1);
    (void)seal(key, 5, {}, as_bytes("x"));
    EXPECT_DEATH((void)seal(key, 5, {}, as_bytes("y")), "used once per key");
    EXPECT_DEATH((void)seal(key, 4, {}, as_bytes("y")), "used once per key");
}

}  // namespace
}  // namespace partyline::crypto
