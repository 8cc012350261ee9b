#include "crypto/key_share.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

/// One end of a pair, with its secret.
struct End {
    AgreementKey agreement = AgreementKey::generate();
    PeerKeys keys{.identity = Identity::generate().public_key(), .x25519 = agreement.public_key()};

    [[nodiscard]] SharePair pair_with(const PeerKeys& theirs, std::uint8_t server = 1) const {
        return *SharePair::create(agreement, keys, theirs, filled_key(server));
    }
};

const ShareContext context{.channel = ChannelId{5},
                           .from = SessionId{6},
                           .to = SessionId{7},
                           .stream = StreamId{1},
                           .generation = 8,
                           .step = 9};

SenderKeyMaterial material() {
    return {.generation = context.generation,
            .step = context.step,
            .key = Secret<32>(Bytes(32, std::byte{42}))};
}

TEST(KeyShare, OpensAtItsReceiver) {
    const End a;
    const End b;
    const auto sealed = a.pair_with(b.keys).seal(context, material());
    EXPECT_EQ(sealed.size(), sealed_share_bytes);
    const auto opened = b.pair_with(a.keys).open(context, sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->generation, context.generation);
    EXPECT_EQ(opened->step, context.step);
    EXPECT_EQ(to_bytes(opened->key.view()), Bytes(32, std::byte{42}));
}

TEST(KeyShare, IsOfItsContextAlone) {
    const End a;
    const End b;
    const auto sealed = a.pair_with(b.keys).seal(context, material());
    const auto opener = b.pair_with(a.keys);
    const std::pair<const char*, std::function<void(ShareContext&)>> cases[] = {
        {"channel", [](auto& c) { c.channel = ChannelId{6}; }},
        {"from", [](auto& c) { c.from = SessionId{7}; }},
        {"to", [](auto& c) { c.to = SessionId{8}; }},
        {"from and to exchanged", [](auto& c) { std::swap(c.from, c.to); }},
        {"stream", [](auto& c) { c.stream = StreamId{0}; }},
        {"generation", [](auto& c) { ++c.generation; }},
        {"step", [](auto& c) { ++c.step; }},
    };
    for (const auto& [name, change] : cases) {
        auto changed = context;
        change(changed);
        const auto opened = opener.open(changed, sealed);
        ASSERT_FALSE(opened) << name;
        EXPECT_EQ(opened.error().code, ErrorCode::bad_key_share);
    }
}

TEST(KeyShare, IsOfItsPairAlone) {
    const End a;
    const End b;
    const End stranger;
    const auto sealed = a.pair_with(b.keys).seal(context, material());
    PeerKeys other_identity = a.keys;
    other_identity.identity = stranger.keys.identity;
    const std::pair<const char*, SharePair> cases[] = {
        {"its own sender", a.pair_with(b.keys)},
        {"a third one", stranger.pair_with(a.keys)},
        {"a third one as the sender", b.pair_with(stranger.keys)},
        {"another identity with the sender's X25519 key", b.pair_with(other_identity)},
        {"another server", b.pair_with(a.keys, 2)},
    };
    for (const auto& [name, pair] : cases) {
        EXPECT_FALSE(pair.open(context, sealed)) << name;
    }
}

TEST(KeyShare, EverySingleBitFlipAndLengthIsRefused) {
    const End a;
    const End b;
    auto sealed = a.pair_with(b.keys).seal(context, material());
    const auto opener = b.pair_with(a.keys);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        flip_bit(sealed, bit);
        EXPECT_FALSE(opener.open(context, sealed)) << bit;
        flip_bit(sealed, bit);
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(opener.open(context, ByteView(sealed).first(size))) << size;
    }
    sealed.push_back(std::byte{0});
    EXPECT_FALSE(opener.open(context, sealed));
}

TEST(KeyShare, NoTwoAreAlike) {
    const End a;
    const End b;
    const auto pair = a.pair_with(b.keys);
    EXPECT_NE(pair.seal(context, material()), pair.seal(context, material()));
}

TEST(KeyShare, UnusableKeysMakeNoPair) {
    const End a;
    PeerKeys theirs{.identity = filled_key(3)};
    EXPECT_FALSE(SharePair::create(a.agreement, a.keys, theirs, filled_key(1))) << "zero key";
    theirs.x25519 = a.keys.x25519;
    EXPECT_FALSE(SharePair::create(a.agreement, a.keys, theirs, filled_key(1))) << "our own key";
}

TEST(KeyShareDeathTest, MaterialOfAnotherStepEndsTheProgram) {
    const End a;
    const End b;
    auto wrong = material();
    ++wrong.step;
    EXPECT_DEATH((void)a.pair_with(b.keys).seal(context, wrong), "generation and step");
}

}  // namespace
}  // namespace partyline::crypto
