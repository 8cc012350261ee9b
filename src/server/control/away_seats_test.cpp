#include "server/control/away_seats.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace partyline::control {
namespace {

using std::chrono::seconds;

constexpr net::Endpoint::Address address(std::uint8_t last) {
    return net::Endpoint::v4({203, 0, 113, last}, 0).address();
}

class AwaySeatsTest : public testing::Test {
protected:
    void here(std::uint8_t from, int seats = 1) {
        for (int i = 0; i < seats; ++i) {
            seats_.took(address(from));
        }
    }
    void away(std::uint32_t session, std::uint8_t from, int until_s) {
        here(from);
        seats_.keep(SessionId{session}, TimePoint{seconds(until_s)}, address(from));
    }
    std::uint32_t gives_way(std::uint8_t newcomer, bool goes_first = false) {
        return seats_.gives_way_to({.address = address(newcomer), .goes_first = goes_first})
            .value_or(SessionId{})
            .value;
    }

    AwaySeats seats_;
};

TEST_F(AwaySeatsTest, TheOldestOfTheMostCrowdedAddressGivesWay) {
    away(1, 1, 10);
    away(2, 2, 30);
    away(3, 2, 20);
    EXPECT_EQ(gives_way(9), 3U);
    here(1, 2);
    EXPECT_EQ(gives_way(9), 1U) << "who is here counts as well";
}

TEST_F(AwaySeatsTest, NobodyWhoHasAsManyIsPushedOut) {
    away(1, 1, 10);
    EXPECT_EQ(gives_way(9), 1U) << "one that has none";
    here(9);
    EXPECT_EQ(gives_way(9), 0U) << "two would but take each other's places";
    EXPECT_EQ(gives_way(9, true), 1U) << "but for those who look after the server";
    away(2, 9, 20);
    EXPECT_EQ(gives_way(9), 2U) << "one's own, always";
}

TEST_F(AwaySeatsTest, WhoIsHereIsNeverPushedOut) {
    here(1, 5);
    EXPECT_EQ(gives_way(9, true), 0U);
}

TEST_F(AwaySeatsTest, TheySpreadOverAnIpv6NetworkForNothing) {
    net::Endpoint::Address one{0x20, 0x01, 0x0D, 0xB8};
    auto other = one;
    other[15] = 7;
    auto elsewhere = one;
    elsewhere[7] = 7;
    seats_.took(one);
    seats_.took(other);
    EXPECT_EQ(seats_.seats_of(one), 2U);
    EXPECT_EQ(seats_.seats_of(elsewhere), 0U);
}

TEST_F(AwaySeatsTest, ThoseOfOneSiteAreCountedTogether) {
    const auto network = [](std::uint8_t site, std::uint8_t of_it) {
        return net::Endpoint::Address{0x20, 0x01, 0x0D, 0xB8, 0, site, 0, of_it};
    };
    const auto leave = [&](std::uint32_t session, const net::Endpoint::Address& from, int until_s) {
        seats_.took(from);
        seats_.keep(SessionId{session}, TimePoint{seconds(until_s)}, from);
    };
    leave(1, network(1, 0), 30);
    leave(2, network(1, 1), 20);
    leave(3, network(2, 1), 10);
    away(4, 1, 5);
    away(5, 2, 4);
    EXPECT_EQ(seats_.seats_of_site(network(1, 99)), 2U);
    EXPECT_EQ(seats_.seats_of_site(network(2, 0)), 1U);
    EXPECT_EQ(seats_.seats_of_site(network(3, 0)), 0U);
    EXPECT_EQ(seats_.seats_of_site(address(1)), 1U) << "of IPv4 each address is one by itself";
    EXPECT_EQ(seats_.oldest_of_site(network(1, 99)), SessionId{2});
    EXPECT_EQ(seats_.oldest_of_site(network(3, 0)), std::nullopt);
    EXPECT_EQ(seats_.oldest_of_site(address(1)), SessionId{4});
}

TEST_F(AwaySeatsTest, TheyGoInTheOrderInWhichTheyCame) {
    away(1, 1, 30);
    away(2, 2, 20);
    away(3, 1, 10);
    EXPECT_EQ(seats_.size(), 3U);
    EXPECT_EQ(seats_.oldest(), SessionId{3});
    EXPECT_EQ(seats_.oldest_of(address(2)), SessionId{2});
    EXPECT_EQ(seats_.overdue(TimePoint{seconds(9)}), std::nullopt);
    EXPECT_EQ(seats_.overdue(TimePoint{seconds(10)}), SessionId{3});
    seats_.forget(SessionId{3});
    seats_.left(address(1));
    EXPECT_EQ(seats_.oldest(), SessionId{2});
    EXPECT_EQ(seats_.oldest_of(address(1)), SessionId{1});
    EXPECT_EQ(seats_.seats_of(address(1)), 1U);
}

TEST_F(AwaySeatsTest, NothingIsRememberedOfThoseWhoHaveGone) {
    away(1, 1, 10);
    seats_.forget(SessionId{1});
    EXPECT_EQ(seats_.seats_of(address(1)), 1U) << "is back";
    seats_.left(address(1));
    EXPECT_EQ(seats_.seats_of(address(1)), 0U);
    EXPECT_TRUE(seats_.empty());
    EXPECT_EQ(seats_.oldest(), std::nullopt);
    EXPECT_EQ(seats_.oldest_of(address(1)), std::nullopt);
    EXPECT_EQ(gives_way(9, true), 0U);
}

}  // namespace
}  // namespace partyline::control
