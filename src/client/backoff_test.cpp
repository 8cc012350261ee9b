#include "client/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

TEST(Backoff, DoublesUpToItsBoundAndStartsOverAfterAReset) {
    Backoff backoff(1);
    Duration step = backoff_first;
    for (int i = 0; i < 12; ++i) {
        const auto wait = backoff.next();
        EXPECT_GE(wait, step / 2) << i;
        EXPECT_LE(wait, step) << i;
        step = std::min<Duration>(step * 2, backoff_max);
    }
    EXPECT_EQ(step, backoff_max);
    backoff.reset();
    EXPECT_LE(backoff.next(), backoff_first);
}

/// The server is back after 2 s, and lets in 400 a second (its own limit).
TEST(Backoff, AThousandAreBackWithinTenSecondsAndNotAtOnce) {
    std::vector<Duration> arrivals;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff(seed);
        Duration at{};
        while (at < std::chrono::seconds(2)) {
            at += backoff.next();
        }
        arrivals.push_back(at);
    }
    std::ranges::sort(arrivals);
    EXPECT_LE(arrivals.back(), std::chrono::seconds(6));
    for (std::size_t i = 0; i + 400 < arrivals.size(); ++i) {
        EXPECT_GT(arrivals[i + 400] - arrivals[i], std::chrono::milliseconds(300));
    }
}

}  // namespace
}  // namespace partyline::client
