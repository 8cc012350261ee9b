#include "server/control/address_rates.hpp"

#include <gtest/gtest.h>

#include <format>

namespace partyline::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint start{};

net::Endpoint::Address from(std::string_view text) {
    return net::Endpoint::parse(text, std::uint16_t{1}).value().address();
}

/// How often it goes at once.
int as_often(AddressRates& rates, std::string_view text, Doing what, TimePoint now) {
    int taken = 0;
    while (taken < 10'000 && rates.take(from(text), what, now)) {
        ++taken;
    }
    return taken;
}

TEST(AddressRates, SoMuchForEachConnectionThatAnAddressMayHave) {
    const Limits limits{.connections_per_address = 10,
                        .texts = {.per_second = 1, .burst = 2},
                        .moves = {.per_second = 1, .burst = 2},
                        .texts_behind_address = {.per_second = 0.5, .burst = 3},
                        .moves_behind_address = {.per_second = 0.25, .burst = 4}};
    AddressRates rates(limits);
    EXPECT_EQ(as_often(rates, "192.0.2.1", Doing::text, start), 30);
    const auto refused = rates.take(from("192.0.2.1"), Doing::text, start);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), (Error{.code = ErrorCode::rate_limited,
                                      .message = "Too much comes from your address; try again in "
                                                 "200 ms.",
                                      .retry_ms = 200}));
    EXPECT_EQ(as_often(rates, "192.0.2.1", Doing::text, start + seconds(1)), 5);
    EXPECT_EQ(as_often(rates, "192.0.2.1", Doing::move, start), 40) << "which count by themselves";
    EXPECT_EQ(as_often(rates, "192.0.2.2", Doing::text, start), 30) << "elsewhere";
}

TEST(AddressRates, OnePersonHasTheirOwnRateEverywhere) {
    const Limits limits{.connections_per_address = 1,
                        .texts = {.per_second = 1, .burst = 50},
                        .texts_behind_address = {.per_second = 0.5, .burst = 3}};
    AddressRates rates(limits);
    EXPECT_EQ(as_often(rates, "192.0.2.1", Doing::text, start), 50);
}

TEST(AddressRates, ASiteIsOneAddress) {
    const Limits limits;
    AddressRates rates(limits);
    const auto all = as_often(rates, "2001:db8:1:2::1", Doing::text, start);
    EXPECT_GT(all, 0);
    EXPECT_EQ(as_often(rates, "2001:db8:1:3::1", Doing::text, start), 0);
    EXPECT_EQ(as_often(rates, "2001:db8:2::1", Doing::text, start), all);
}

TEST(AddressRates, WhatIsCountedByPersonAlonePasses) {
    const Limits limits{.connections_per_address = 1};
    AddressRates rates(limits);
    EXPECT_EQ(as_often(rates, "192.0.2.1", Doing::history, start), 10'000);
    EXPECT_EQ(rates.remembered(), 0U);
}

TEST(AddressRates, OnlySoManyAreRemembered) {
    const Limits limits{.connections_per_address = 1, .texts = {.per_second = 1, .burst = 5}};
    AddressRates rates(limits);
    const auto write = [&](std::size_t number, TimePoint now) {
        return rates.take(from(std::format("10.0.{}.{}", number / 256, number % 256)), Doing::text,
                          now);
    };
    for (std::size_t i = 0; i < busy_addresses_max; ++i) {
        ASSERT_TRUE(write(i, start));
    }
    EXPECT_EQ(write(busy_addresses_max, start).error().retry_ms, people_remembered_retry_ms);
    EXPECT_TRUE(write(1, start)) << "what is remembered goes on";
    EXPECT_FALSE(write(busy_addresses_max, start + milliseconds(900)));
    EXPECT_TRUE(write(busy_addresses_max, start + seconds(2)));
    EXPECT_EQ(rates.remembered(), 1U) << "nothing has come from the others for long";
}

}  // namespace
}  // namespace partyline::control
