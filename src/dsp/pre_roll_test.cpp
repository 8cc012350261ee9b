#include "dsp/pre_roll.hpp"

#include <gtest/gtest.h>

namespace partyline::dsp {
namespace {

PreRoll::Samples frame_of(std::size_t number) {
    PreRoll::Samples samples;
    samples.fill(static_cast<float>(number));
    return samples;
}

TEST(PreRoll, GivesFramesInOrder) {
    PreRoll kept;
    EXPECT_FALSE(kept.take());
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_FALSE(kept.keep(frame_of(i)));
    }
    EXPECT_EQ(kept.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(kept.take(), frame_of(i));
    }
    EXPECT_FALSE(kept.take());
}

TEST(PreRoll, TheOldestMakesRoom) {
    PreRoll kept;
    for (std::size_t i = 0; i < PreRoll::frames_max; ++i) {
        EXPECT_FALSE(kept.keep(frame_of(i)));
    }
    EXPECT_TRUE(kept.keep(frame_of(PreRoll::frames_max)));
    EXPECT_EQ(kept.size(), PreRoll::frames_max);
    for (std::size_t i = 1; i <= PreRoll::frames_max; ++i) {
        EXPECT_EQ(kept.take(), frame_of(i));
    }
}

}  // namespace
}  // namespace partyline::dsp
