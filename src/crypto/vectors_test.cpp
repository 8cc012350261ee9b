// What another implementation of docs/protocol.md computes (tests/data/make_crypto_vectors.py), and
// the vectors of the RFCs.
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/handshake.hpp"
#include "crypto/hkdf.hpp"
#include "crypto/hop.hpp"
#include "crypto/key_share.hpp"
#include "crypto/receiver_keys.hpp"
#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

TEST(CryptoVectors, HkdfOfRfc5869) {
    struct Case {
        const char* input;
        const char* salt;
        const char* info;
        const char* extracted;
        const char* output;  // its first 32 bytes: more than one block we never derive
    };
    const Case cases[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
         "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"},
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"},
    };
    for (const auto& c : cases) {
        const auto extracted = hkdf_extract(*from_hex(c.salt), *from_hex(c.input));
        EXPECT_EQ(to_hex(extracted.view()), c.extracted);
        Secret<32> output;
        hkdf_expand(extracted, *from_hex(c.info), output.mutable_view());
        EXPECT_EQ(to_hex(output.view()), c.output);
    }
}

TEST(CryptoVectors, HopMac) {
    const auto vectors = load_vectors("crypto.json").at("hop");
    ASSERT_EQ(vectors.size(), 5U);
    for (const auto& vector : vectors) {
        auto datagram = hex_field(vector, "datagram");
        const HopKey key{hex_field(vector, "key")};
        EXPECT_EQ(hop_mac(key, datagram), load_be<std::uint64_t>(hex_field(vector, "mac")));
        hop_seal(key, datagram);
        EXPECT_EQ(to_hex(ByteView(datagram).subspan(16, 8)), text_field(vector, "mac"));
    }
}

TEST(CryptoVectors, Ratchet) {
    const auto vectors = load_vectors("crypto.json").at("ratchet");
    ASSERT_EQ(vectors.size(), 4U);
    for (const auto& vector : vectors) {
        auto key = secret_field(vector, "key");
        for (int i = 0; i < vector.at("steps").get<int>(); ++i) {
            key = ratchet(key);
        }
        EXPECT_EQ(to_hex(key.view()), text_field(vector, "result"));
    }
}

TEST(CryptoVectors, Frames) {
    const auto vectors = load_vectors("crypto.json").at("frame");
    ASSERT_EQ(vectors.size(), 3U);
    for (const auto& vector : vectors) {
        const SessionId speaker{vector.at("speaker")};
        const FrameContext context{.server_id = array_field<PublicKey>(vector, "server_id"),
                                   .speaker = speaker,
                                   .stream_and_flags = vector.at("stream_and_flags")};
        const std::uint16_t step = vector.at("step");
        const std::uint32_t generation = vector.at("generation");
        const auto plaintext = hex_field(vector, "plaintext");
        const auto key = secret_field(vector, "sender_key");

        SFrameKey sealing(key.view(), make_kid(generation, step));
        Bytes sealed(plaintext.size() + sframe_header_bytes_max + sframe_tag_bytes);
        sealed.resize(
            sealing.seal(vector.at("counter"), frame_metadata(context), plaintext, sealed));
        EXPECT_EQ(to_hex(sealed), text_field(vector, "sealed"));

        ReceiverKeys receiver;
        const TimePoint now{};
        ASSERT_TRUE(
            receiver.add({.generation = generation, .step = step, .key = key.clone()}, now));
        Bytes opened(sealed.size());
        const auto size = receiver.open(sealed, context, opened, now);
        ASSERT_TRUE(size);
        opened.resize(*size);
        EXPECT_EQ(opened, plaintext);
    }
}

TEST(CryptoVectors, Share) {
    const auto vector = load_vectors("crypto.json").at("share");
    const auto sender = AgreementKey::from_secret(secret_field(vector, "sender_x25519_secret"));
    const auto receiver = AgreementKey::from_secret(secret_field(vector, "receiver_x25519_secret"));
    const PeerKeys sender_keys{.identity = array_field<PublicKey>(vector, "sender_identity"),
                               .x25519 = sender.public_key()};
    const PeerKeys receiver_keys{.identity = array_field<PublicKey>(vector, "receiver_identity"),
                                 .x25519 = receiver.public_key()};
    const auto pair = SharePair::create(receiver, receiver_keys, sender_keys,
                                        array_field<PublicKey>(vector, "server_id"));
    ASSERT_TRUE(pair);
    const auto opened = pair->open({.channel = ChannelId{vector.at("channel")},
                                    .from = SessionId{vector.at("from")},
                                    .to = SessionId{vector.at("to")},
                                    .stream = StreamId{vector.at("stream")},
                                    .generation = vector.at("generation"),
                                    .step = vector.at("step")},
                                   hex_field(vector, "sealed"));
    ASSERT_TRUE(opened);
    EXPECT_EQ(to_hex(opened->key.view()), text_field(vector, "sender_key"));
    EXPECT_EQ(opened->generation, vector.at("generation").get<std::uint32_t>());
    EXPECT_EQ(opened->step, vector.at("step").get<std::uint16_t>());
}

TEST(CryptoVectors, IdentityAndLogin) {
    const auto vector = load_vectors("crypto.json").at("login");
    const auto identity = Identity::from_seed(secret_field(vector, "seed"));
    EXPECT_EQ(to_hex(identity.public_key()), text_field(vector, "identity"));
    EXPECT_EQ(fingerprint(identity.public_key()), text_field(vector, "fingerprint"));
    EXPECT_EQ(identity.to_text(), text_field(vector, "identity_text"));

    const auto exporter = array_field<ExporterValue>(vector, "exporter");
    EXPECT_EQ(to_hex(hop_key(exporter).view()), text_field(vector, "hop_key"));
    EXPECT_EQ(to_hex(sign_server_hello(identity, exporter)),
              text_field(vector, "server_signature"));

    const auto x25519 = array_field<PublicKey>(vector, "x25519");
    const std::vector<std::uint32_t> versions = vector.at("versions");
    EXPECT_EQ(to_hex(sign_login(identity,
                                {.exporter = exporter, .x25519 = x25519, .versions = versions})),
              text_field(vector, "login_signature"));
    EXPECT_EQ(
        to_hex(sign_device(identity, {.server_id = array_field<PublicKey>(vector, "server_id"),
                                      .x25519 = x25519,
                                      .expiry_unix_ms = vector.at("expiry_unix_ms")})),
        text_field(vector, "device_signature"));
}

}  // namespace
}  // namespace partyline::crypto
