#include "sim/network_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace partyline::sim {
namespace {

using namespace std::chrono_literals;

struct Trip {
    std::uint32_t number = 0;
    Duration took{};
};

/// Sends a packet every 10 ms and returns those that arrive, in the order of arrival.
std::vector<Trip> send(NetworkLink& link, std::uint32_t packets) {
    std::vector<Trip> out;
    TimePoint now{1h};
    const auto take = [&] {
        while (const auto delivery = link.receive(now)) {
            out.push_back({.number = load_be<std::uint32_t>(delivery->packet),
                           .took = delivery->at - delivery->sent});
        }
    };
    for (std::uint32_t i = 0; i < packets; ++i) {
        Bytes packet;
        append_be<std::uint32_t>(packet, i);
        link.send(packet, now);
        take();
        now += 10ms;
    }
    now += 10s;
    take();
    return out;
}

TEST(NetworkLink, DeliversAllInOrderWhenNothingIsWrong) {
    NetworkLink link({.delay = 25ms}, 1);
    const auto trips = send(link, 1000);
    ASSERT_EQ(trips.size(), 1000U);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(trips[i].number, i);
        EXPECT_EQ(trips[i].took, 25ms);
    }
    EXPECT_FALSE(link.next_at().has_value());
}

TEST(NetworkLink, DoesTheSameForTheSameSeed) {
    const LinkSettings bad{.jitter = Jitter::gaussian,
                           .jitter_size = 30ms,
                           .loss = 0.1,
                           .burst_start = 0.01,
                           .burst_packets = 5,
                           .duplicates = 0.05};
    const auto numbers = [&](std::uint64_t seed) {
        NetworkLink link(bad, seed);
        std::vector<std::pair<std::uint32_t, Duration>> out;
        for (const auto& trip : send(link, 2000)) {
            out.emplace_back(trip.number, trip.took);
        }
        return out;
    };
    EXPECT_EQ(numbers(1), numbers(1));
    EXPECT_NE(numbers(1), numbers(2));
}

TEST(NetworkLink, LosesWhatItIsToldTo) {
    constexpr std::uint32_t packets = 50'000;
    NetworkLink random({.loss = 0.1}, 3);
    EXPECT_NEAR(static_cast<double>(send(random, packets).size()) / packets, 0.9, 0.01);

    // Bursts of 5 on average, one every 100 packets that come through.
    NetworkLink bursts({.burst_start = 0.01, .burst_packets = 5}, 3);
    const auto trips = send(bursts, packets);
    std::size_t holes = 0;
    for (std::size_t i = 1; i < trips.size(); ++i) {
        holes += trips[i].number != trips[i - 1].number + 1 ? 1U : 0U;
    }
    const auto lost = static_cast<double>(packets - trips.size());
    EXPECT_EQ(bursts.counters().lost, packets - trips.size());
    EXPECT_NEAR(lost / static_cast<double>(holes), 5, 0.7);
    EXPECT_NEAR(lost / packets, 0.05, 0.01);
}

TEST(NetworkLink, Duplicates) {
    NetworkLink link({.jitter = Jitter::uniform, .jitter_size = 20ms, .duplicates = 0.2}, 4);
    const auto trips = send(link, 10'000);
    std::set<std::uint32_t> different;
    for (const auto& trip : trips) {
        different.insert(trip.number);
    }
    EXPECT_EQ(different.size(), 10'000U);
    EXPECT_NEAR(static_cast<double>(trips.size()), 12'000, 200);
    EXPECT_EQ(link.counters().delivered, trips.size());
}

TEST(NetworkLink, JittersWithAndWithoutReordering) {
    struct Case {
        const char* name;
        Jitter jitter;
        Duration mean_least;
        Duration mean_most;
        Duration most;
    };
    for (const auto& test : {Case{"uniform", Jitter::uniform, 14ms, 16ms, 30ms},
                             Case{"gaussian", Jitter::gaussian, 22ms, 26ms, 200ms},
                             Case{"spikes", Jitter::spikes, 100us, 2ms, 60ms}}) {
        SCOPED_TRACE(test.name);
        for (const bool reorders : {true, false}) {
            NetworkLink link(
                {.delay = 0ms, .jitter = test.jitter, .jitter_size = 30ms, .reorders = reorders},
                5);
            const auto trips = send(link, 10'000);
            ASSERT_EQ(trips.size(), 10'000U);
            Duration sum{};
            for (const auto& trip : trips) {
                sum += trip.took;
                EXPECT_LE(trip.took, test.most);
            }
            if (reorders) {
                EXPECT_GE(sum / 10'000, test.mean_least);
                EXPECT_LE(sum / 10'000, test.mean_most);
            }
            const bool in_order = std::ranges::is_sorted(trips, {}, &Trip::number);
            EXPECT_EQ(in_order, !reorders || test.jitter == Jitter::spikes);
        }
    }
}

}  // namespace
}  // namespace partyline::sim
