#include "crypto/identity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

struct Rfc8032Case {
    const char* seed;
    const char* key;
    const char* message;
    const char* signature;
};

TEST(Identity, VectorsOfRfc8032) {
    const Rfc8032Case cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
         "c"
         "f9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
         "0"
         "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    };
    for (const auto& c : cases) {
        const auto identity = Identity::from_seed(Secret<32>(*from_hex(c.seed)));
        EXPECT_EQ(to_hex(identity.public_key()), c.key);
        const auto message = *from_hex(c.message);
        const auto signature = identity.sign(message);
        EXPECT_EQ(to_hex(signature), c.signature);
        EXPECT_TRUE(verify(identity.public_key(), message, signature));
    }
}

TEST(Identity, EveryBitOfASignatureAndMessageMatters) {
    const auto identity = Identity::generate();
    Bytes message = to_bytes(as_bytes("partyline"));
    auto signature = identity.sign(message);
    ASSERT_TRUE(verify(identity.public_key(), message, signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        flip_bit(signature, bit);
        EXPECT_FALSE(verify(identity.public_key(), message, signature)) << bit;
        flip_bit(signature, bit);
    }
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
        flip_bit(message, bit);
        EXPECT_FALSE(verify(identity.public_key(), message, signature)) << bit;
        flip_bit(message, bit);
    }
    EXPECT_FALSE(verify(Identity::generate().public_key(), message, signature));
}

// With such a key, R = the key and S = 0 is a "signature" of every message, for a verifier that
// only solves the equation.
TEST(Identity, KeysOfSmallOrderSignNothing) {
    const char* const small[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    };
    for (const auto* text : small) {
        PublicKey key{};
        std::ranges::copy(*from_hex(text), key.begin());
        Signature signature{};
        signature[0] = std::byte{1};  // R: the neutral point
        EXPECT_FALSE(verify(key, as_bytes("anything"), signature)) << text;
        std::ranges::copy(key, signature.begin());
        EXPECT_FALSE(verify(key, as_bytes("anything"), signature)) << text;
    }
}

TEST(Identity, TextGoesThereAndBack) {
    const auto identity = Identity::generate();
    const auto again = Identity::from_text(identity.to_text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_key(), identity.public_key());
    EXPECT_TRUE(equal_in_constant_time(again->seed().view(), identity.seed().view()));
    EXPECT_TRUE(verify(identity.public_key(), as_bytes("x"), again->sign(as_bytes("x"))));
}

TEST(Identity, DamagedTextIsRefused) {
    const auto text = Identity::generate().to_text();
    ASSERT_TRUE(Identity::from_text(text));
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto damaged = text;
        damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(Identity::from_text(damaged)) << at;
        EXPECT_FALSE(Identity::from_text(text.substr(0, at))) << at;
    }
    EXPECT_FALSE(Identity::from_text(text + "\n"));
    EXPECT_FALSE(Identity::from_text(" " + text));
    const auto other = Identity::generate().to_text();
    EXPECT_FALSE(Identity::from_text(text.substr(0, 65) + other.substr(65)))
        << "one's seed and another's public key";
}

TEST(Identity, EachOneMadeIsNew) {
    EXPECT_NE(Identity::generate().public_key(), Identity::generate().public_key());
    EXPECT_NE(AgreementKey::generate().public_key(), AgreementKey::generate().public_key());
}

TEST(AgreementKey, VectorOfRfc7748) {
    const auto alice = AgreementKey::from_secret(
        Secret<32>(*from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")));
    const auto bob = AgreementKey::from_secret(
        Secret<32>(*from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")));
    EXPECT_EQ(to_hex(alice.public_key()),
              "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    EXPECT_EQ(to_hex(bob.public_key()),
              "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    for (const auto& agreed : {alice.agree(bob.public_key()), bob.agree(alice.public_key())}) {
        ASSERT_TRUE(agreed);
        EXPECT_EQ(to_hex(agreed->view()),
                  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    }
}

TEST(AgreementKey, KeysThatCancelOursAreRefused) {
    const char* const cases[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    const auto own = AgreementKey::generate();
    for (const auto* text : cases) {
        PublicKey theirs{};
        std::ranges::copy(*from_hex(text), theirs.begin());
        const auto agreed = own.agree(theirs);
        ASSERT_FALSE(agreed) << text;
        EXPECT_EQ(agreed.error().code, ErrorCode::bad_signature);
    }
}

TEST(Secret, MovingWipesTheSource) {
    Random random(8);
    const auto bytes = random_bytes(random, 32);
    Secret<32> source{bytes};
    const Secret<32> target = std::move(source);
    EXPECT_EQ(to_bytes(target.view()), bytes);
    // NOLINTNEXTLINE(bugprone-use-after-move): what is left behind is the point here
    EXPECT_EQ(to_bytes(source.view()), Bytes(32));
}

TEST(SecretDeathTest, AnotherSizeEndsTheProgram) {
    EXPECT_DEATH(Secret<32>(Bytes(31)), "as many bytes as it has");
}

}  // namespace
}  // namespace partyline::crypto
