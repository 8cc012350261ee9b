#include "crypto/hop.hpp"

#include <gtest/gtest.h>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

TEST(Hop, EveryBitOfTheDatagramIsCovered) {
    Random random(1);
    const HopKey key{random_bytes(random, 16)};
    for (const std::size_t size : {24U, 25U, 40U, 150U, 1200U}) {
        auto datagram = random_bytes(random, size);
        hop_seal(key, datagram);
        ASSERT_TRUE(hop_verify(key, datagram)) << size;
        for (std::size_t bit = 0; bit < size * 8; ++bit) {
            flip_bit(datagram, bit);
            ASSERT_FALSE(hop_verify(key, datagram)) << size << " bytes, bit " << bit;
            flip_bit(datagram, bit);
        }
    }
}

TEST(Hop, AnotherKeyOrLengthIsRefused) {
    Random random(2);
    const HopKey key{random_bytes(random, 16)};
    auto datagram = random_bytes(random, 100);
    hop_seal(key, datagram);
    EXPECT_FALSE(hop_verify(HopKey{random_bytes(random, 16)}, datagram));
    EXPECT_FALSE(hop_verify(key, ByteView(datagram).first(99)));
    datagram.push_back(std::byte{0});
    EXPECT_FALSE(hop_verify(key, datagram));
}

TEST(Hop, WhatCanBearNoMacIsRefused) {
    const HopKey key;
    for (const std::size_t size : {0U, 1U, 16U, 23U, 1201U, 65'507U}) {
        EXPECT_FALSE(hop_verify(key, Bytes(size))) << size;
    }
}

}  // namespace
}  // namespace partyline::crypto
