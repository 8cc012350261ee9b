#include "server/store/figures.hpp"

#include <gtest/gtest.h>

namespace partyline::store {
namespace {

Figures read(const CommitMeter& meter) {
    Figures figures;
    meter.read(figures);
    return figures;
}

TEST(CommitMeter, ACommitFallsIntoTheBucketOfItsTime) {
    CommitMeter meter;
    meter.succeeded(3, std::chrono::microseconds(1000));  // at the first bound
    meter.succeeded(1, std::chrono::microseconds(1001));
    meter.succeeded(1, std::chrono::seconds(60));
    const auto figures = read(meter);
    EXPECT_EQ(figures.commit_counts.front(), 1U);
    EXPECT_EQ(figures.commit_counts[1], 1U);
    EXPECT_EQ(figures.commit_counts.back(), 1U);
    EXPECT_EQ(figures.commits, 3U);
    EXPECT_EQ(figures.writes, 5U);
    EXPECT_NEAR(figures.commit_seconds, 60.002, 0.001);
}

TEST(CommitMeter, RefusesFromAFailureToTheNextSuccess) {
    CommitMeter meter;
    EXPECT_FALSE(meter.refusing());
    meter.failed();
    EXPECT_TRUE(read(meter).refusing);
    EXPECT_EQ(read(meter).commits_failed, 1U);
    meter.succeeded(1, {});
    EXPECT_FALSE(read(meter).refusing);
}

}  // namespace
}  // namespace partyline::store
