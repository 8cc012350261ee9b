#include "dsp/no_denormals.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>

namespace partyline::dsp {
namespace {

TEST(NoDenormals, AreZeroMeanwhileAndNotAfterwards) {
    // Read each time, so that no compiler works it out beforehand.
    const std::atomic<float> smallest = std::numeric_limits<float>::min();
    EXPECT_GT(smallest.load() * 0.5F, 0.0F);
    {
        const NoDenormals here;
        const float half = smallest.load() * 0.5F;
        EXPECT_EQ(half > 0, !NoDenormals::works);
    }
    EXPECT_GT(smallest.load() * 0.5F, 0.0F);
}

}  // namespace
}  // namespace partyline::dsp
