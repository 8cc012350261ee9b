#include "dsp/filter_trust.hpp"

#include <gtest/gtest.h>

#include <array>

namespace partyline::dsp {
namespace {

using Samples = std::array<float, frame_samples>;
using Verdict = FilterTrust::Verdict;

/// A square wave of this level.
Samples sound(float level) {
    Samples out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = i % 8 < 4 ? level : -level;
    }
    return out;
}

class FilterTrustTest : public testing::Test {
protected:
    Verdict judge(unsigned frames, float captured, float played, float filtered) {
        Verdict verdict = Verdict::doubted;
        for (unsigned i = 0; i < frames; ++i) {
            verdict = trust_.judge(sound(captured), sound(played), sound(filtered));
            wrongs_ += verdict == Verdict::wrong ? 1 : 0;
        }
        return verdict;
    }

    FilterTrust trust_;
    unsigned wrongs_ = 0;
};

TEST_F(FilterTrustTest, AFilterThatTakesAwayIsTrustedAfterAWhile) {
    EXPECT_EQ(judge(5, 0.1F, 0.2F, 0.02F), Verdict::doubted);
    EXPECT_EQ(judge(15, 0.1F, 0.2F, 0.02F), Verdict::trusted);
}

TEST_F(FilterTrustTest, OneThatTakesLittleAwayIsNot) {
    EXPECT_EQ(judge(100, 0.1F, 0.2F, 0.06F), Verdict::doubted);
}

TEST_F(FilterTrustTest, OneThatAddsIsWrongOnceAndDoubtedAfterwards) {
    judge(20, 0.1F, 0.2F, 0.02F);
    judge(12, 0.1F, 0.2F, 0.15F);
    EXPECT_EQ(wrongs_, 1U);
    EXPECT_FALSE(trust_.trusted());
}

TEST_F(FilterTrustTest, ATalkerIsNoReasonForDoubt) {
    judge(20, 0.1F, 0.2F, 0.02F);
    EXPECT_EQ(judge(200, 0.3F, 0.2F, 0.29F), Verdict::trusted);
}

TEST_F(FilterTrustTest, NothingIsJudgedInSilence) {
    judge(20, 0.1F, 0.2F, 0.02F);
    EXPECT_EQ(judge(200, 0.0005F, 0.2F, 0.001F), Verdict::trusted);  // the microphone's own noise
    EXPECT_EQ(judge(200, 0.1F, 0.0F, 0.2F), Verdict::trusted);       // nothing was played
}

}  // namespace
}  // namespace partyline::dsp
