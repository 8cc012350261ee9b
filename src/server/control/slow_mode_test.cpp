#include "server/control/slow_mode.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

using std::chrono::seconds;

room::Identity identity(std::size_t number) {
    room::Identity identity{};
    identity[0] = static_cast<std::byte>(number % 256);
    identity[1] = static_cast<std::byte>(number / 256 % 256);
    identity[2] = static_cast<std::byte>(number / 65'536);
    return identity;
}

constexpr ChannelId lobby{1};
constexpr ChannelId attic{2};
constexpr AccountId ada{7};

TEST(SlowMode, IsForEachPersonAndRoom) {
    SlowMode slow;
    const TimePoint now{seconds(100)};
    EXPECT_TRUE(slow.take({identity(1), {}, lobby}, seconds(10), now));
    const auto again = slow.take({identity(1), {}, lobby}, seconds(10), now + seconds(4));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(again.error().retry_ms, 6000U);
    EXPECT_TRUE(slow.take({identity(2), {}, lobby}, seconds(10), now));
    EXPECT_TRUE(slow.take({identity(1), {}, attic}, seconds(10), now));
    EXPECT_TRUE(slow.take({identity(1), {}, lobby}, seconds(10), now + seconds(10)));
}

TEST(SlowMode, AnAccountIsOnePersonOnAllItsDevices) {
    SlowMode slow;
    const TimePoint now{seconds(100)};
    EXPECT_TRUE(slow.take({identity(1), ada, lobby}, seconds(10), now));
    EXPECT_FALSE(slow.take({identity(2), ada, lobby}, seconds(10), now));
}

TEST(SlowMode, ARepeatOfTheLastTextIsNoOther) {
    SlowMode slow;
    const TimePoint now{seconds(100)};
    EXPECT_TRUE(slow.take({identity(1), ada, lobby, 7}, seconds(10), now));
    EXPECT_TRUE(slow.take({identity(1), ada, lobby, 7}, seconds(10), now + seconds(9)));
    EXPECT_FALSE(slow.take({identity(2), ada, lobby, 7}, seconds(10), now)) << "another's nonce";
    EXPECT_FALSE(slow.take({identity(1), ada, lobby, 8}, seconds(10), now));
    EXPECT_FALSE(slow.take({identity(1), ada, lobby}, seconds(10), now));
    EXPECT_TRUE(slow.take({identity(1), ada, lobby}, seconds(10), now + seconds(10)))
        << "repeats do not put it off";
    EXPECT_FALSE(slow.take({identity(1), ada, lobby}, seconds(10), now + seconds(11)));
}

TEST(SlowMode, WhatCameToNothingCostsNothing) {
    SlowMode slow;
    const TimePoint now{seconds(100)};
    EXPECT_TRUE(slow.take({identity(1), ada, lobby}, seconds(10), now));
    EXPECT_TRUE(slow.take({identity(1), ada, attic}, seconds(10), now));
    slow.give_back({identity(2), ada, lobby});
    EXPECT_TRUE(slow.take({identity(1), ada, lobby}, seconds(10), now));
    EXPECT_FALSE(slow.take({identity(1), ada, attic}, seconds(10), now));
}

TEST(SlowMode, AShorterPauseHoldsAtOnce) {
    SlowMode slow;
    const TimePoint now{seconds(100)};
    EXPECT_TRUE(slow.take({identity(1), {}, lobby}, seconds(10), now));
    EXPECT_TRUE(slow.take({identity(1), {}, lobby}, seconds(2), now + seconds(3)));
}

TEST(SlowMode, RemembersOnlySoMany) {
    SlowMode slow;
    TimePoint now{seconds(100)};
    for (std::size_t i = 0; i < slow_mode_remembered_max; ++i) {
        ASSERT_TRUE(slow.take({identity(i), {}, lobby}, seconds(i == 0 ? 5 : 10), now));
    }
    EXPECT_EQ(slow.remembered(), slow_mode_remembered_max);
    EXPECT_TRUE(slow.take({identity(0), {}, attic}, seconds(10), now));
    EXPECT_EQ(slow.remembered(), slow_mode_remembered_max);
    EXPECT_TRUE(slow.take({identity(0), {}, lobby}, seconds(5), now)) << "the first was forgotten";
    now += seconds(10);
    EXPECT_TRUE(slow.take({identity(1), {}, attic}, seconds(10), now));
    EXPECT_EQ(slow.remembered(), 1U) << "what matters no more goes first";
}

}  // namespace
}  // namespace partyline::control
