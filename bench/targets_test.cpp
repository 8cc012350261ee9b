#include "bench/targets.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace partyline::bench {
namespace {

constexpr Target targets[] = {
    {.figure = "ratio", .value = 1.25, .what = "cost against the floor's"},
    {.figure = "rate", .bound = Target::Bound::at_least, .value = 2000, .what = "texts a second"},
};

TEST(Targets, AreMetUpToTheirVeryEdge) {
    EXPECT_EQ(verdict({{"ratio", 1.25}, {"rate", 2000}}, targets),
              "met     cost against the floor's: 1.25, wanted at most 1.25\n"
              "met     texts a second: 2000, wanted at least 2000\n");
    EXPECT_EQ(verdict({{"ratio", 1.251}, {"rate", 1999}}, targets),
              "MISSED  cost against the floor's: 1.251, wanted at most 1.25\n"
              "MISSED  texts a second: 1999, wanted at least 2000\n");
}

TEST(Targets, WhatWasNotMeasuredIsNotJudgedAndWhatFailedIsNotMet) {
    EXPECT_EQ(verdict({{"rate", 3000}}, targets),
              "met     texts a second: 3000, wanted at least 2000\n");
    EXPECT_TRUE(verdict({{"ratio", std::numeric_limits<double>::quiet_NaN()}}, targets)
                    .starts_with("MISSED"));
}

}  // namespace
}  // namespace partyline::bench
