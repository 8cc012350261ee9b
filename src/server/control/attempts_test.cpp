#include "server/control/attempts.hpp"

#include <gtest/gtest.h>

#include <string>

namespace partyline::control {
namespace {

net::Endpoint address(std::uint32_t number) {
    net::Endpoint::Address bytes{};
    bytes[12] = static_cast<std::uint8_t>(number >> 24U);
    bytes[13] = static_cast<std::uint8_t>(number >> 16U);
    bytes[14] = static_cast<std::uint8_t>(number >> 8U);
    bytes[15] = static_cast<std::uint8_t>(number);
    return {bytes, 0};
}

class AttemptsTest : public testing::Test {
protected:
    AttemptsTest() {
        limits.password_attempts = {.per_second = 0.1, .burst = 3};
        limits.password_attempts_per_address = {.per_second = 1, .burst = 5};
    }
    Limits limits;
    TimePoint now{};
};

TEST_F(AttemptsTest, AnAccountIsTriedOnlySoOftenFromWhereverItBe) {
    Attempts attempts(limits);
    for (std::uint32_t from = 0; from < 3; ++from) {
        EXPECT_TRUE(attempts.take(address(from), "ada", now));
    }
    const auto refused = attempts.take(address(9), "ada", now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, 10'000U);
    EXPECT_TRUE(attempts.take(address(9), "bob", now));
    now += std::chrono::seconds(10);
    EXPECT_TRUE(attempts.take(address(9), "ada", now)) << "nobody is shut out for good";
}

TEST_F(AttemptsTest, AnAddressTriesOnlySoOftenWhateverAccounts) {
    Attempts attempts(limits);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(attempts.take(address(1), "name " + std::to_string(i), now));
    }
    EXPECT_EQ(attempts.take(address(1), "another", now).error().retry_ms, 1000U);
    EXPECT_TRUE(attempts.take(address(2), "another", now));
}

TEST_F(AttemptsTest, OnlySoManyAreRemembered) {
    Attempts attempts(limits);
    for (std::uint32_t from = 0; from < attempts_remembered_max; ++from) {
        ASSERT_TRUE(attempts.take(address(from), "name " + std::to_string(from), now));
    }
    EXPECT_EQ(attempts.take(address(attempts_remembered_max), "one more", now).error().code,
              ErrorCode::rate_limited);
    now += std::chrono::seconds(10);
    EXPECT_TRUE(attempts.take(address(attempts_remembered_max), "one more", now))
        << "the others' counts have run out";
}

}  // namespace
}  // namespace partyline::control
