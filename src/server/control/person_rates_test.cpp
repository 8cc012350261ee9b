#include "server/control/person_rates.hpp"

#include <gtest/gtest.h>

#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

using std::chrono::seconds;

room::Person account(std::uint64_t number) { return room::Person::of(AccountId{number}); }

TEST(PersonRates, EachHasTheirOwn) {
    PersonRates rates({.per_second = 0.1, .burst = 2});
    const TimePoint now{};
    EXPECT_TRUE(rates.take(account(1), now));
    EXPECT_TRUE(rates.take(account(1), now));
    const auto refused = rates.take(account(1), now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, 10'000U);
    EXPECT_TRUE(rates.take(account(2), now));
    EXPECT_TRUE(rates.take(account(1), now + seconds(10)));
}

TEST(PersonRates, OnlySoManyAreRemembered) {
    PersonRates rates({.per_second = 0.1, .burst = 2});
    const TimePoint now{};
    for (std::uint64_t i = 1; i <= room_makers_remembered_max; ++i) {
        ASSERT_TRUE(rates.take(account(i), now));
    }
    EXPECT_EQ(rates.remembered(), room_makers_remembered_max);
    EXPECT_EQ(rates.take(account(99'999), now).error().retry_ms, room_makers_retry_ms);
    EXPECT_TRUE(rates.take(account(1), now)) << "who is remembered goes on";
    EXPECT_TRUE(rates.take(account(99'999), now + seconds(20)));
    EXPECT_EQ(rates.remembered(), 1U) << "the others have long done nothing";
}

}  // namespace
}  // namespace partyline::control
