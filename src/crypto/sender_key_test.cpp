#include "crypto/sender_key.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

TEST(SenderKey, KidHoldsGenerationAndStep) {
    EXPECT_EQ(make_kid(1, 0), 0x10000U);
    EXPECT_EQ(make_kid(0xFFFFFFFF, 0xFFFF), kid_max);
    EXPECT_EQ(generation_of(0x123456789ABC), 0x12345678U);
    EXPECT_EQ(step_of(0x123456789ABC), 0x9ABCU);
}

TEST(SenderKey, StepsKeepTheGenerationAndRotationsDoNot) {
    SenderKey key;
    EXPECT_EQ(key.kid(), make_kid(1, 0));
    const auto first = key.material();
    EXPECT_FALSE(key.step());
    EXPECT_EQ(key.kid(), make_kid(1, 1));
    EXPECT_TRUE(equal_in_constant_time(key.material().key.view(), ratchet(first.key).view()));
    key.rotate();
    EXPECT_EQ(key.kid(), make_kid(2, 0));
    EXPECT_FALSE(equal_in_constant_time(key.material().key.view(), first.key.view()));
    EXPECT_FALSE(equal_in_constant_time(SenderKey().material().key.view(),
                                        SenderKey().material().key.view()));
}

TEST(SenderKey, TheLastStepForcesARotation) {
    SenderKey key;
    for (int i = 0; i < std::numeric_limits<std::uint16_t>::max(); ++i) {
        ASSERT_FALSE(key.step()) << i;
    }
    ASSERT_EQ(key.kid(), make_kid(1, 65'535));
    EXPECT_TRUE(key.step());
    EXPECT_EQ(key.kid(), make_kid(2, 0));
}

TEST(SenderKey, MetadataIsServerSpeakerAndStream) {
    const auto metadata = frame_metadata({.server_id = filled_key(0xAB),
                                          .speaker = SessionId{0x01020304},
                                          .stream_and_flags = 0x71});
    std::string expected;
    for (int i = 0; i < 32; ++i) {
        expected += "ab";
    }
    EXPECT_EQ(to_hex(metadata), expected + "0102030471");
}

TEST(SenderKeyDeathTest, ACounterIsNeverUsedAgain) {
    SenderKey key;
    Bytes out(100);
    (void)key.seal(5, {}, as_bytes("x"), out);
    EXPECT_DEATH((void)key.seal(5, {}, as_bytes("y"), out), "used once");
    key.rotate();
    EXPECT_DEATH((void)key.seal(4, {}, as_bytes("y"), out), "used once");
}

}  // namespace
}  // namespace partyline::crypto
