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

/// When a thousand come after a server that was down for so long is back.
std::vector<Duration> arrivals_after(Duration down) {
    std::vector<Duration> arrivals;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff(seed);
        Duration at{};
        while (at < down) {
            at += backoff.next();
        }
        arrivals.push_back(at - down);
    }
    std::ranges::sort(arrivals);
    return arrivals;
}

/// The server lets in 400 a second (its own limit).
TEST(Backoff, AThousandAreBackWithinTenSecondsAndNotAtOnce) {
    for (const auto down : {2, 60, 600}) {
        const auto arrivals = arrivals_after(std::chrono::seconds(down));
        EXPECT_LE(arrivals.back(), backoff_max) << down;
        for (std::size_t i = 0; i + 400 < arrivals.size(); ++i) {
            EXPECT_GT(arrivals[i + 400] - arrivals[i], std::chrono::milliseconds(300)) << down;
        }
    }
}

}  // namespace
}  // namespace partyline::client
