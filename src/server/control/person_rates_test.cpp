#include "server/control/person_rates.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint start{};

room::Person account(std::uint64_t number) { return room::Person::of(AccountId{number}); }

TEST(PersonRates, EachHasTheirOwn) {
    const Limits limits{.temporary_rooms = {.per_second = 0.1, .burst = 2}};
    PersonRates rates(limits);
    const auto make = [&](std::uint64_t number, TimePoint now) {
        return rates.take(account(number), Doing::temporary_room, now);
    };
    EXPECT_TRUE(make(1, start));
    EXPECT_TRUE(make(1, start));
    const auto refused = make(1, start);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, 10'000U);
    EXPECT_TRUE(make(2, start));
    EXPECT_TRUE(make(1, start + seconds(10)));
}

TEST(PersonRates, WhatIsDoneIsCountedEachByItself) {
    // Each another, so that none stands in another's place.
    const Limits limits{.texts = {.per_second = 1, .burst = 2},
                        .histories = {.per_second = 1, .burst = 3},
                        .moves = {.per_second = 1, .burst = 4},
                        .changes = {.per_second = 1, .burst = 5},
                        .temporary_rooms = {.per_second = 1, .burst = 6},
                        .recordings = {.per_second = 1, .burst = 7}};
    for (const auto& [what, burst] :
         {std::pair(Doing::text, limits.texts.burst), std::pair(Doing::move, limits.moves.burst),
          std::pair(Doing::history, limits.histories.burst),
          std::pair(Doing::change, limits.changes.burst),
          std::pair(Doing::temporary_room, limits.temporary_rooms.burst),
          std::pair(Doing::recording, limits.recordings.burst)}) {
        PersonRates rates(limits);
        const auto all = static_cast<int>(burst);
        for (int i = 0; i < all; ++i) {
            EXPECT_TRUE(rates.take(account(1), what, start)) << i;
        }
        EXPECT_FALSE(rates.take(account(1), what, start)) << "after " << all;
        for (const auto other : {Doing::text, Doing::move, Doing::history, Doing::change,
                                 Doing::temporary_room, Doing::recording}) {
            EXPECT_EQ(rates.take(account(1), other, start).has_value(), other != what);
        }
    }
}

TEST(PersonRates, WhatIsOnlyAskedForIsNotCounted) {
    const Limits limits{.texts = {.per_second = 1, .burst = 1}};
    PersonRates rates(limits);
    EXPECT_TRUE(rates.check(account(1), Doing::text, start));
    EXPECT_TRUE(rates.take(account(1), Doing::text, start));
    EXPECT_EQ(rates.check(account(1), Doing::text, start).error().retry_ms, 1000U);
}

TEST(PersonRates, WhoHasLongDoneNothingIsForgotten) {
    Limits limits{.texts = {.per_second = 1, .burst = 2}};
    PersonRates rates(limits);
    EXPECT_TRUE(rates.take(account(1), Doing::text, start));
    rates.forget(start + milliseconds(999));
    EXPECT_EQ(rates.remembered(), 1U);
    rates.forget(start + seconds(1));
    EXPECT_EQ(rates.remembered(), 0U);
    // And is then under the limits of today.
    limits.texts.burst = 1;
    EXPECT_TRUE(rates.take(account(1), Doing::text, start + seconds(1)));
    EXPECT_FALSE(rates.take(account(1), Doing::text, start + seconds(1)));
}

TEST(PersonRates, OnlySoManyAreRemembered) {
    const Limits limits;
    PersonRates rates(limits);
    const auto write = [&](std::uint64_t number, TimePoint now) {
        return rates.take(account(number), Doing::text, now);
    };
    for (std::uint64_t i = 1; i <= people_remembered_max; ++i) {
        ASSERT_TRUE(write(i, start));
    }
    EXPECT_EQ(rates.remembered(), people_remembered_max);
    EXPECT_EQ(write(99'999, start).error().retry_ms, people_remembered_retry_ms);
    EXPECT_TRUE(write(1, start)) << "who is remembered goes on";
    EXPECT_TRUE(write(99'999, start + seconds(20)));
    EXPECT_EQ(rates.remembered(), 1U) << "the others have long done nothing";
}

}  // namespace
}  // namespace partyline::control
