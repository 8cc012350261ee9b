#include "server/control/attempts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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

using enum Attempts::Who;

class AttemptsTest : public testing::Test {
protected:
    AttemptsTest() {
        limits.password_attempts = {.per_second = 0.1, .burst = 3};
        limits.password_attempts_per_account = {.per_second = 0.5, .burst = 6};
        limits.password_attempts_per_address = {.per_second = 1, .burst = 5};
    }
    Limits limits;
    TimePoint now{};
};

TEST_F(AttemptsTest, APasswordIsGuessedOnlySoOftenFromOneAddress) {
    Attempts attempts(limits);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(attempts.guess(address(1), "ada", anybody, now));
    }
    const auto refused = attempts.guess(address(1), "ada", anybody, now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, 10'000U);
    EXPECT_TRUE(attempts.guess(address(2), "ada", anybody, now)) << "who is elsewhere may go on";
    EXPECT_TRUE(attempts.guess(address(1), "bob", anybody, now));
    now += std::chrono::seconds(10);
    EXPECT_TRUE(attempts.guess(address(1), "ada", anybody, now)) << "nobody is shut out for good";
}

TEST_F(AttemptsTest, AndOnlySoOftenFromAllOfThem) {
    Attempts attempts(limits);
    for (std::uint32_t from = 0; from < 6; ++from) {
        EXPECT_TRUE(attempts.guess(address(from), "ada", anybody, now));
    }
    EXPECT_EQ(attempts.guess(address(9), "ada", anybody, now).error().retry_ms, 2000U);
    EXPECT_TRUE(attempts.guess(address(9), "ada", linked, now)) << "they keep nobody's own out";
    EXPECT_TRUE(attempts.guess(address(9), "bob", anybody, now));
}

TEST_F(AttemptsTest, AnAddressTriesOnlySoOftenWhateverItIs) {
    Attempts attempts(limits);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(attempts.take(address(1), now));
    }
    EXPECT_EQ(attempts.take(address(1), now).error().retry_ms, 1000U);
    EXPECT_TRUE(attempts.take(address(2), now));
}

TEST_F(AttemptsTest, AccountsAreClaimedOnlySoOftenFromOneSite) {
    limits.claims_per_address = {.per_second = 0.005, .burst = 3};
    Attempts attempts(limits);
    const auto at = [](std::string_view text) { return *net::Endpoint::parse(text, 0); };
    for (const auto* from : {"2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1"}) {
        EXPECT_TRUE(attempts.check_claim(at(from), now)) << from;
        EXPECT_TRUE(attempts.check_claim(at(from), now)) << "to ask is no claim";
        attempts.note_claim(at(from), now);
    }
    const auto refused = attempts.check_claim(at("2001:db8:1:4::1"), now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, 200'000U);
    EXPECT_EQ(refused.error().message,
              "Many accounts were claimed from your address; try again in 200 s.");
    EXPECT_TRUE(attempts.check_claim(at("2001:db8:2::1"), now)) << "elsewhere";
    now += std::chrono::seconds(200);
    EXPECT_TRUE(attempts.check_claim(at("2001:db8:1:4::1"), now));
}

TEST_F(AttemptsTest, OnlySoManyAreRemembered) {
    Attempts attempts(limits);
    for (std::uint32_t from = 0; from < attempts_remembered_max; ++from) {
        ASSERT_TRUE(attempts.take(address(from), now));
        ASSERT_TRUE(attempts.guess(address(from), "name " + std::to_string(from), anybody, now));
    }
    const auto one_more = address(attempts_remembered_max);
    EXPECT_EQ(attempts.take(one_more, now).error().code, ErrorCode::rate_limited);
    EXPECT_EQ(attempts.guess(one_more, "one more", anybody, now).error().code,
              ErrorCode::rate_limited);
    now += std::chrono::seconds(10);
    EXPECT_TRUE(attempts.take(one_more, now)) << "the others' counts have run out";
    EXPECT_TRUE(attempts.guess(one_more, "one more", anybody, now));
}

}  // namespace
}  // namespace partyline::control
