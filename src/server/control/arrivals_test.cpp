// How fast strangers may come, and that a crowd from a few networks does not use up what others come by.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "server/control/admission.hpp"

namespace partyline::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint start{};
constexpr Rate no_limit{.per_second = 1e6, .burst = 1e6};

net::Endpoint v4(std::uint32_t network, std::uint8_t host) {
    return net::Endpoint::v4(
        {10, static_cast<std::uint8_t>(network >> 8U), static_cast<std::uint8_t>(network), host},
        1);
}
/// All of one network of 48 bits.
net::Endpoint v6(std::uint32_t network) {
    return {{0x20, 0x01, 0x0D, 0xB8, 0, 1, static_cast<std::uint8_t>(network >> 8U),
             static_cast<std::uint8_t>(network), 0, 0, 0, 0, 0, 0, 0, 1},
            1};
}

/// Comes, and goes at once.
std::string come(Admission& admission, const net::Endpoint& from, TimePoint now) {
    const auto slot = admission.admit(from, now);
    return slot ? "in" : slot.error().message;
}

/// Five times as many as may come in all, from one network of IPv6 and twenty of IPv4.
class Flood {
public:
    void come_for(Admission& admission, Duration time, TimePoint now) {
        const auto count = time / milliseconds(1);
        for (std::int64_t i = 0; i < count; ++i) {
            come(admission, v6(++networks_ & 0xFFFFU), now);
            come(admission, v4(networks_ % 20, 1), now);
        }
    }

private:
    std::uint32_t networks_ = 0;
};

TEST(Arrivals, AFloodFromAFewNetworksKeepsNobodyOut) {
    Admission admission({}, start);
    Flood flood;
    flood.come_for(admission, seconds(5), start);
    EXPECT_EQ(come(admission, v6(0), start), "too many arrivals") << "what goes at once is spent";
    std::uint32_t newcomer = 1000;
    for (TimePoint now = start; now < start + seconds(20); now += milliseconds(250)) {
        flood.come_for(admission, milliseconds(250), now);
        EXPECT_EQ(come(admission, v4(++newcomer, 7), now), "in")
            << "after " << (now - start) / milliseconds(1) << " ms";
    }
}

TEST(Arrivals, APartIsForNetworksThatHaveBroughtNobodyLately) {
    constexpr int kept = 2;
    constexpr int burst = kept * static_cast<int>(quiet_networks_share);
    const Limits limits{.arrivals = {.per_second = 1, .burst = burst},
                        .arrivals_per_address = no_limit,
                        .arrivals_kept_per_network = {.per_second = 0.1, .burst = 1}};
    Admission admission(limits, start);
    for (int i = 0; i < burst - kept; ++i) {
        EXPECT_EQ(come(admission, v4(1, 1), start), "in") << i;
    }
    EXPECT_EQ(come(admission, v4(1, 1), start), "in") << "the first by what is kept";
    EXPECT_EQ(come(admission, v4(1, 1), start), "too many arrivals");
    EXPECT_EQ(come(admission, v4(1, 2), start), "too many arrivals") << "from beside it";
    EXPECT_EQ(come(admission, v4(2, 1), start), "in");
    EXPECT_EQ(come(admission, v4(3, 1), start), "too many arrivals") << "no more are left";
    EXPECT_EQ(come(admission, v4(4, 1), start + seconds(1)), "in");
    EXPECT_EQ(come(admission, v4(4, 1), start + seconds(2)), "too many arrivals");
    EXPECT_EQ(come(admission, v6(1), start + seconds(2)), "in");
    EXPECT_EQ(come(admission, v6(2), start + seconds(3)), "too many arrivals");
    // What is kept is whole again after that.
    EXPECT_EQ(come(admission, v4(1, 1), start + seconds(6)), "in");
}

TEST(Arrivals, SoManyNetworksAreRemembered) {
    constexpr std::size_t kept = networks_remembered_max + 100;
    constexpr auto burst = static_cast<double>(kept * quiet_networks_share);
    const Limits limits{.arrivals = {.per_second = 1, .burst = burst},
                        .arrivals_per_address = no_limit,
                        .arrivals_kept_per_network = {.per_second = 10, .burst = 1}};
    Admission admission(limits, start);
    for (std::size_t i = 0; i < kept * (quiet_networks_share - 1); ++i) {
        ASSERT_EQ(come(admission, v6(0), start), "in");
    }
    for (std::uint32_t i = 0; i < networks_remembered_max; ++i) {
        ASSERT_EQ(come(admission, v4(i, 1), start), "in");
    }
    const auto another = v4(networks_remembered_max, 1);
    EXPECT_EQ(come(admission, another, start), "too many arrivals");
    EXPECT_EQ(come(admission, another, start + networks_forgotten_interval - milliseconds(1)),
              "too many arrivals")
        << "though all others are quiet by then";
    EXPECT_EQ(come(admission, another, start + networks_forgotten_interval), "in");
}

}  // namespace
}  // namespace partyline::control
