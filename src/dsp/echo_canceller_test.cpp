#include "dsp/echo_canceller.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

constexpr std::size_t second = sample_rate_hz;

/// A room: the direct way, then a tail of random reflections that falls by 60 dB in 0.3 s.
std::vector<float> echo_of(const std::vector<float>& played, std::size_t delay_samples) {
    Random random(7);
    constexpr std::size_t reflections = 60;
    std::vector<std::pair<std::size_t, float>> ways = {{delay_samples, 0.5F}};
    for (std::size_t i = 1; i < reflections; ++i) {
        const double after_s = 0.15 * static_cast<double>(i) / reflections;
        const auto at = delay_samples + static_cast<std::size_t>(after_s * second);
        const double fallen = std::pow(10.0, -60 * after_s / 0.3 / 20);
        ways.emplace_back(at, static_cast<float>(0.3 * fallen * (2 * random.uniform() - 1)));
    }
    std::vector<float> out(played.size());
    for (const auto& [at, gain] : ways) {
        for (std::size_t i = at; i < out.size(); ++i) {
            out[i] += gain * played[i - at];
        }
    }
    return out;
}

double power(const std::vector<float>& sound, std::size_t from, std::size_t to) {
    double sum = 1e-12;
    for (std::size_t i = from; i < to; ++i) {
        sum += static_cast<double>(sound[i]) * static_cast<double>(sound[i]);
    }
    return sum / static_cast<double>(to - from);
}

double decibel(double ratio) { return 10 * std::log10(ratio); }

/// Somebody talks over what is captured, from there on: what they say, and nothing else.
std::vector<float> talk_over(std::vector<float>& captured, std::size_t from) {
    const auto talker = test::synthetic_voice(static_cast<double>(captured.size()) / second, 11);
    std::vector<float> said(captured.size());
    for (std::size_t i = from; i < captured.size(); ++i) {
        said[i] = 0.5F * talker[i];
        captured[i] += said[i];
    }
    return said;
}

/// By how much what was said is louder than all that is heard beside it, in dB.
double clearness(const std::vector<float>& heard, const std::vector<float>& said, std::size_t from,
                 std::size_t to) {
    double wrong = 0;
    const auto late = EchoCanceller::latency_samples;
    for (std::size_t i = from; i < to; ++i) {
        const double off = static_cast<double>(heard[i]) - static_cast<double>(said[i - late]);
        wrong += off * off;
    }
    wrong /= static_cast<double>(to - from);
    return decibel(power(said, from, to) / wrong);
}

std::vector<float> run(EchoCanceller& canceller, std::vector<float> captured,
                       const std::vector<float>& played) {
    for (std::size_t at = 0; at + frame_samples <= captured.size(); at += frame_samples) {
        canceller.render(ConstFrame(&played[at], frame_samples));
        canceller.process(Frame(&captured[at], frame_samples));
    }
    return captured;
}

class EchoCancellerTest : public testing::Test {
protected:
    void plays(double seconds) { played_ = test::synthetic_voice(seconds, 3); }

    /// By how much less is heard than was captured, in dB.
    static double taken_away(const std::vector<float>& captured, const std::vector<float>& heard,
                             std::size_t from, std::size_t to) {
        return decibel(power(captured, from, to) / power(heard, from, to));
    }

    EchoCanceller canceller_;
    std::vector<float> played_;
};

TEST_F(EchoCancellerTest, AnEchoIsTakenAway) {
    plays(8);
    const auto captured = echo_of(played_, 60 * second / 1000);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_GT(taken_away(captured, heard, 4 * second, 8 * second), 28);
    EXPECT_TRUE(canceller_.report().linear);
    ASSERT_TRUE(canceller_.report().delay_ms);
    EXPECT_NEAR(*canceller_.report().delay_ms, 60, 8);
}

TEST_F(EchoCancellerTest, AnEchoThatComesLateIsFoundAndTakenAway) {
    plays(8);
    const auto captured = echo_of(played_, 300 * second / 1000);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_GT(taken_away(captured, heard, 5 * second, 8 * second), 25);
    EXPECT_EQ(canceller_.report().realignments, 1U);
}

TEST_F(EchoCancellerTest, WhoTalksOverAnEchoIsHeard) {
    plays(14);
    auto captured = echo_of(played_, 60 * second / 1000);
    const auto said = talk_over(captured, 8 * second);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_GT(clearness(heard, said, 9 * second, 14 * second), 8);
}

/// As a loudspeaker plays it that is driven hard.
std::vector<float> flattened(std::vector<float> sound) {
    for (float& sample : sound) {
        sample = std::tanh(6 * sample) / 6;
    }
    return sound;
}

TEST_F(EchoCancellerTest, WhoTalksOverALoudspeakerThatIsDrivenHardIsHeard) {
    plays(26);
    auto captured = echo_of(flattened(played_), 60 * second / 1000);
    const auto talker = test::synthetic_voice(26, 11);
    std::vector<float> said(captured.size());
    for (std::size_t i = 20 * second; i < captured.size(); ++i) {
        said[i] = 0.3F * talker[i];
        captured[i] += said[i];
    }
    const auto heard = run(canceller_, captured, played_);
    double wrong = 0;
    const auto late = EchoCanceller::latency_samples;
    for (std::size_t i = 21 * second; i < 26 * second; ++i) {
        const double off = static_cast<double>(heard[i]) - static_cast<double>(said[i - late]);
        wrong += off * off;
    }
    wrong /= static_cast<double>(5 * second);
    EXPECT_GT(decibel(power(said, 21 * second, 26 * second) / wrong), 8.4);
}

TEST_F(EchoCancellerTest, TellsHowLoudTheEchoIsOnceItIsKnown) {
    plays(8);
    EXPECT_EQ(canceller_.echo_left().power, 0);
    const auto captured = echo_of(played_, 60 * second / 1000);
    run(canceller_, captured, played_);
    // Of late, and the loudest: not less than the mean.
    EXPECT_GT(static_cast<double>(canceller_.echo_left().power),
              0.5 * power(captured, 7 * second, 8 * second));
    run(canceller_, std::vector<float>(second), std::vector<float>(second));
    EXPECT_LT(canceller_.echo_left().power, 1e-8F);
    run(canceller_, test::synthetic_voice(1, 11), std::vector<float>(second));
    EXPECT_LT(canceller_.echo_left().power, 1e-8F) << "a talker alone is none";
    canceller_.reset();
    EXPECT_EQ(canceller_.echo_left().power, 0);
}

TEST_F(EchoCancellerTest, TellsThatTheWayIsLostWhenItChangesAndNotForEver) {
    plays(12);
    run(canceller_, std::vector<float>(2 * second), played_);
    EXPECT_FALSE(canceller_.echo_left().lost) << "there never was an echo";
    auto captured = echo_of(played_, 60 * second / 1000);
    const auto later = echo_of(played_, 90 * second / 1000);
    std::copy(later.begin() + 6 * second, later.end(), captured.begin() + 6 * second);
    std::fill(captured.begin() + 8 * second, captured.end(), 0.0F);  // headphones
    unsigned lost_after_change = 0;
    for (std::size_t at = 0; at + frame_samples <= captured.size(); at += frame_samples) {
        canceller_.render(ConstFrame(&played_[at], frame_samples));
        canceller_.process(Frame(&captured[at], frame_samples));
        const bool just_changed = at >= 6 * second && at < 7 * second;
        lost_after_change += just_changed && canceller_.echo_left().lost ? 1U : 0U;
    }
    EXPECT_GT(lost_after_change, 20U);
    EXPECT_FALSE(canceller_.echo_left().lost);
}

TEST_F(EchoCancellerTest, AnEchoThatMovesIsTakenAwayAgain) {
    plays(12);
    auto captured = echo_of(played_, 60 * second / 1000);
    const auto later = echo_of(played_, 90 * second / 1000);
    std::copy(later.begin() + 6 * second, later.end(), captured.begin() + 6 * second);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_GT(taken_away(captured, heard, 6 * second, 7 * second), 12);
    EXPECT_GT(taken_away(captured, heard, 8 * second, 12 * second), 25);
}

/// As a microphone captures it whose clock is `ppm` slower than the loudspeaker's.
std::vector<float> at_a_slower_clock(const std::vector<float>& sound, double ppm) {
    std::vector<float> out(sound.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double at = static_cast<double>(i) * (1 + ppm * 1e-6);
        const auto before = static_cast<std::size_t>(at);
        if (before + 1 < sound.size()) {
            const auto between = static_cast<float>(at - static_cast<double>(before));
            out[i] = sound[before] + between * (sound[before + 1] - sound[before]);
        }
    }
    return out;
}

TEST_F(EchoCancellerTest, AnEchoOfAnotherClockIsFollowed) {
    constexpr double ppm = 150;
    plays(24);
    const auto captured = at_a_slower_clock(echo_of(played_, 60 * second / 1000), ppm);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_NEAR(canceller_.report().drift_ppm, ppm, 10);
    EXPECT_TRUE(canceller_.report().linear) << "the filter alone cannot follow";
    EXPECT_GT(taken_away(captured, heard, 18 * second, 24 * second), 25);
}

// AEC3 alone takes the echo of another clock out, too, but the talker with it: that they are heard is the linear
// filter's doing, which follows no clock but by the reference's being resampled.
TEST_F(EchoCancellerTest, WhoTalksOverAnEchoOfAnotherClockIsHeard) {
    plays(26);
    auto captured = at_a_slower_clock(echo_of(played_, 60 * second / 1000), 50);
    const auto said = talk_over(captured, 20 * second);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_GT(clearness(heard, said, 21 * second, 26 * second), 6);
    EXPECT_NEAR(canceller_.report().drift_ppm, 50, 10);
}

TEST_F(EchoCancellerTest, WhereNothingIsPlayedNothingChanges) {
    const auto talker = test::synthetic_voice(5, 5);
    const auto heard = run(canceller_, talker, std::vector<float>(talker.size()));
    EXPECT_GT(clearness(heard, talker, 2 * second, 5 * second), 8);
}

TEST_F(EchoCancellerTest, FramesPlayedInBurstsAreAsGood) {
    plays(8);
    auto captured = echo_of(played_, 80 * second / 1000);
    const auto before = captured;
    std::size_t rendered = 0;
    for (std::size_t at = 0; at + frame_samples <= captured.size(); at += frame_samples) {
        const auto frame = at / frame_samples;
        // Two at every other frame.
        for (unsigned i = 0; frame % 2 == 0 && i < 2 && rendered < played_.size(); ++i) {
            canceller_.render(ConstFrame(&played_[rendered], frame_samples));
            rendered += frame_samples;
        }
        canceller_.process(Frame(&captured[at], frame_samples));
    }
    EXPECT_GT(taken_away(before, captured, 4 * second, 8 * second), 25);
}

TEST_F(EchoCancellerTest, AfterAResetItLearnsAnew) {
    plays(8);
    const auto captured = echo_of(played_, 60 * second / 1000);
    run(canceller_, captured, played_);
    canceller_.reset();
    EXPECT_FALSE(canceller_.report().linear);
    EXPECT_EQ(canceller_.report().realignments, 0U);
    const auto heard = run(canceller_, captured, played_);
    EXPECT_GT(taken_away(captured, heard, 4 * second, 8 * second), 28);
}

/// What docs/threads.md says of AEC3, so that it is seen when another version does more.
TEST_F(EchoCancellerTest, AllocatesTheNamesOfStatisticsEveryTenSecondsAndNothingElse) {
    constexpr std::size_t each_ten_s = 74;
    plays(32);
    auto captured = echo_of(played_, 60 * second / 1000);
    std::size_t frames = 0;
    const auto before_all = test::allocations();
    for (std::size_t at = 0; at + frame_samples <= captured.size(); at += frame_samples) {
        const auto before = test::allocations();
        canceller_.render(ConstFrame(&played_[at], frame_samples));
        canceller_.process(Frame(&captured[at], frame_samples));
        frames += test::allocations() > before ? 1U : 0U;
    }
    EXPECT_LE(test::allocations() - before_all, 3 * each_ten_s + 10);
    EXPECT_LE(frames, 3 * 4 + 3U);
    const auto before_reset = test::allocations();
    canceller_.reset();
    EXPECT_EQ(test::allocations(), before_reset);
}

}  // namespace
}  // namespace partyline::dsp
