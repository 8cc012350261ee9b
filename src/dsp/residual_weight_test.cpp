#include "dsp/residual_weight.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"

namespace partyline::dsp {
namespace {

using Samples = std::array<float, frame_samples>;

/// The microphone hears an echo, of which the filter takes away all but a hundredth (-40 dB), and a
/// talker. Both are noise.
class ResidualWeightTest : public testing::Test {
protected:
    float update(unsigned frames, float echo, float talker) {
        float weight = 1;
        for (unsigned i = 0; i < frames; ++i) {
            Samples captured{};
            Samples linear{};
            for (std::size_t n = 0; n < frame_samples; ++n) {
                const float guess = echo * noise();
                const float said = talker * noise();
                linear[n] = 0.01F * guess + said;
                captured[n] = guess + linear[n];
            }
            weight = weight_.update(captured, linear);
        }
        return weight;
    }

    /// The echo comes another way than the filter guesses.
    float lost(unsigned frames, float echo) {
        float least = 1;
        for (unsigned i = 0; i < frames; ++i) {
            Samples captured{};
            Samples linear{};
            for (std::size_t n = 0; n < frame_samples; ++n) {
                captured[n] = echo * noise();
                linear[n] = captured[n] - echo * noise();
            }
            least = std::min(least, weight_.update(captured, linear));
        }
        return least;
    }

    float noise() { return static_cast<float>(2 * random_.uniform() - 1); }

    Random random_{5};
    ResidualWeight weight_;
};

TEST_F(ResidualWeightTest, AnEchoAloneIsSuppressedWhole) {
    EXPECT_EQ(update(100, 0.1F, 0), 1);
    EXPECT_GT(weight_.likeness(), 0.95F);
}

TEST_F(ResidualWeightTest, ATalkerOverAQuietEchoIsLeftAlone) {
    update(100, 0.1F, 0);
    EXPECT_LT(update(20, 0.1F, 0.05F), 0.1F);
}

TEST_F(ResidualWeightTest, ATalkerWhoGoesOnIsStillLeftAlone) {
    update(100, 0.1F, 0);
    constexpr unsigned fifteen_seconds = 1'500;
    EXPECT_LT(update(fifteen_seconds, 0.1F, 0.05F), 0.1F);
    EXPECT_EQ(update(30, 0.1F, 0), 1) << "the suppressor is back all the same";
}

TEST_F(ResidualWeightTest, OneWhoIsFarLouderThanTheEchoIsLeftAloneAsLong) {
    update(100, 0.1F, 0);
    constexpr unsigned fifteen_seconds = 1'500;
    EXPECT_LT(update(fifteen_seconds, 0.1F, 0.4F), 0.1F);
    EXPECT_EQ(update(60, 0.1F, 0), 1) << "the suppressor is back all the same";
}

TEST_F(ResidualWeightTest, TellsHowLoudTheEchoIsBeforeItIsTakenAway) {
    update(100, 0.1F, 0);
    EXPECT_NEAR(weight_.echo(), 0.1F * 0.1F / 3, 0.001F);
    update(50, 0, 0.05F);
    EXPECT_LT(weight_.echo(), 1e-5F);
}

TEST_F(ResidualWeightTest, TheSuppressorIsBackSoonAfterTheTalker) {
    update(100, 0.1F, 0);
    update(50, 0.1F, 0.05F);
    EXPECT_EQ(update(30, 0.1F, 0), 1);
}

TEST_F(ResidualWeightTest, AFilterThatLeavesMuchIsNotLeftAloneWithATalker) {
    EXPECT_EQ(update(3, 0.1F, 0.05F), 1);
}

TEST_F(ResidualWeightTest, AnEchoThatComesAnotherWayIsNoTalker) {
    update(100, 0.1F, 0);
    EXPECT_EQ(lost(50, 0.1F), 1);
}

TEST_F(ResidualWeightTest, WhoTalksWhileNothingIsPlayedIsLeftAlone) {
    update(100, 0.1F, 0);
    EXPECT_EQ(update(100, 0, 0.05F), 0);
}

}  // namespace
}  // namespace partyline::dsp
