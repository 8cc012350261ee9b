#include "crypto/key_chain.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "crypto/sender_key.hpp"
#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint start{seconds(1000)};

Secret<32> first_key() { return Secret<32>(Bytes(32, std::byte{7})); }

/// The key so many steps after first_key(), the plain way.
Secret<32> walked(unsigned steps) {
    auto key = first_key();
    for (unsigned i = 0; i < steps; ++i) {
        key = ratchet(key);
    }
    return key;
}

using Steps = std::vector<std::uint16_t>;

void expect_key(KeyChain& chain, std::uint16_t step, std::uint16_t first_step) {
    EXPECT_TRUE(equal_in_constant_time(chain.key_at(step).view(),
                                       walked(unsigned{step} - first_step).view()))
        << step;
}

TEST(KeyChain, EveryStepIsThePlainRatchet) {
    KeyChain chain(100, first_key());
    for (const auto step : Steps({100, 101, 1124, 112, 113, 127, 128, 1123, 600, 105, 100})) {
        expect_key(chain, step, 100);
    }
    chain.advance(700, chain.key_at(700), start);
    for (const auto step : Steps({100, 699, 700, 1724, 701, 116, 1124})) {
        expect_key(chain, step, 100);
    }
}

TEST(KeyChain, LooksAheadMoveNothing) {
    KeyChain chain(0, first_key());
    (void)chain.key_at(1024);
    EXPECT_EQ(chain.head_step(), 0);
    EXPECT_EQ(chain.oldest_step(), 0);
    chain.expire(start + seconds(100));
    EXPECT_EQ(chain.oldest_step(), 0);
    expect_key(chain, 0, 0);
}

TEST(KeyChain, EachStepAheadIsWalkedOnce) {
    KeyChain chain(3, first_key());
    (void)chain.key_at(3 + steps_ahead_max);
    EXPECT_EQ(chain.ratchets(), steps_ahead_max);
    Random random(1);
    for (int i = 0; i < 1000; ++i) {
        const auto before = chain.ratchets();
        (void)chain.key_at(static_cast<std::uint16_t>(3 + random.below(steps_ahead_max + 1)));
        ASSERT_LT(chain.ratchets() - before, KeyChain::checkpoint_spacing);
    }
    EXPECT_LE(chain.links(), 1U + steps_ahead_max / KeyChain::checkpoint_spacing);
}

TEST(KeyChain, EachStepBehindAJumpIsCheapToo) {
    for (const auto jump : Steps({2, 17, 1023, 1024})) {
        KeyChain chain(5, first_key());
        const auto to = static_cast<std::uint16_t>(5 + jump);
        chain.advance(to, chain.key_at(to), start);
        EXPECT_LE(to - chain.oldest_step(), steps_ahead_max);
        for (unsigned step = chain.oldest_step(); step <= to; ++step) {
            const auto before = chain.ratchets();
            (void)chain.key_at(static_cast<std::uint16_t>(step));
            ASSERT_LT(chain.ratchets() - before, KeyChain::checkpoint_spacing) << jump;
        }
    }
}

TEST(KeyChain, StepsEndTwoSecondsAfterTheyWerePassed) {
    KeyChain chain(0, first_key());
    chain.advance(1, chain.key_at(1), start);                      // passes 0
    chain.advance(5, chain.key_at(5), start + milliseconds(500));  // passes 1 to 4
    const std::pair<milliseconds, std::uint16_t> cases[] = {
        {milliseconds(2000), 0}, {milliseconds(2001), 1},    {milliseconds(2500), 1},
        {milliseconds(2501), 5}, {milliseconds(100'000), 5},
    };
    for (const auto& [after, oldest] : cases) {
        chain.expire(start + after);
        EXPECT_EQ(chain.oldest_step(), oldest) << after;
    }
    expect_key(chain, 5, 0);
}

TEST(KeyChain, IsBounded) {
    KeyChain chain(0, first_key());
    for (std::uint16_t step = 1; step <= 2000; ++step) {
        chain.advance(step, chain.key_at(step), start);
        (void)chain.key_at(static_cast<std::uint16_t>(step + steps_ahead_max));
        ASSERT_LE(chain.links(),
                  KeyChain::passed_links_max + 2 + steps_ahead_max / KeyChain::checkpoint_spacing);
    }
    EXPECT_EQ(chain.oldest_step(), 2000 - KeyChain::passed_links_max);
    expect_key(chain, 2000, 0);
}

TEST(KeyChainDeathTest, GoesOneWay) {
    KeyChain chain(10, first_key());
    EXPECT_DEATH((void)chain.key_at(9), "backwards");
    EXPECT_DEATH((void)chain.key_at(10 + steps_ahead_max + 1), "short stretches");
    EXPECT_DEATH(chain.advance(10, first_key(), start), "only moves on");
}

}  // namespace
}  // namespace partyline::crypto
