#include "dsp/linear_echo.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

/// What is left in the last second of `seconds` of an echo that comes `delay` samples late, in dB.
double left_db(LinearEcho& linear, std::size_t delay, double seconds, std::uint64_t seed) {
    const auto played = test::white_noise(seconds, 0.3F, seed);
    std::vector<float> echo(played.size());
    for (std::size_t i = delay; i < echo.size(); ++i) {
        echo[i] = 0.4F * played[i - delay];
    }
    std::vector<float> left(echo.size());
    for (std::size_t at = 0; at < echo.size(); at += frame_samples) {
        linear.process(ConstFrame(echo.data() + at, frame_samples),
                       ConstFrame(played.data() + at, frame_samples),
                       Frame(left.data() + at, frame_samples));
    }
    const auto last = left.size() - sample_rate_hz;
    return test::level_db(std::span(left).subspan(last)) -
           test::level_db(std::span(echo).subspan(last));
}

TEST(LinearEcho, TakesAnEchoAway) {
    LinearEcho linear;
    EXPECT_LT(left_db(linear, 2000, 5, 1), -20);
}

TEST(LinearEcho, ReachesAsFarAsItsTail) {
    LinearEcho linear;
    EXPECT_LT(left_db(linear, LinearEcho::tail_samples - frame_samples, 8, 2), -15);
    LinearEcho beyond;
    EXPECT_GT(left_db(beyond, LinearEcho::tail_samples + frame_samples, 5, 3), -3);
}

TEST(LinearEcho, LeavesATalkerAloneWhileNothingIsPlayed) {
    LinearEcho linear;
    const auto voice = test::synthetic_voice(2);
    const std::array<float, frame_samples> silence{};
    std::vector<float> out(voice.size());
    for (std::size_t at = 0; at + frame_samples <= voice.size(); at += frame_samples) {
        linear.process(ConstFrame(voice.data() + at, frame_samples), silence,
                       Frame(out.data() + at, frame_samples));
    }
    EXPECT_NEAR(test::level_db(out), test::level_db(voice), 0.5);
}

TEST(LinearEcho, GuessesNothingOfATalkerWhileNothingIsPlayed) {
    LinearEcho linear;
    const auto voice = test::synthetic_voice(2);
    const std::array<float, frame_samples> silence{};
    std::array<float, frame_samples> out{};
    std::vector<float> guess;
    for (std::size_t at = 0; at + frame_samples <= voice.size(); at += frame_samples) {
        linear.process(ConstFrame(voice.data() + at, frame_samples), silence, out);
        for (std::size_t i = 0; i < frame_samples; ++i) {
            guess.push_back(linear.heard()[i] - out[i]);
        }
    }
    EXPECT_LT(test::level_db(guess), -90) << "but for the 16 bits";
}

TEST(LinearEcho, ForgetsTheWayAfterReset) {
    LinearEcho linear;
    left_db(linear, 2000, 5, 4);
    linear.reset();
    LinearEcho fresh;
    // speexdsp keeps some of its step sizes: that costs some dB, a way not forgotten 9.
    EXPECT_LT(left_db(linear, 3000, 2, 5), left_db(fresh, 3000, 2, 5) + 6);
}

TEST(LinearEcho, AllocatesNothingWhileItRuns) {
    LinearEcho linear;
    const auto noise = test::white_noise(1, 0.3F);
    std::array<float, frame_samples> out{};
    const auto before = test::allocations();
    for (std::size_t at = 0; at < noise.size(); at += frame_samples) {
        const ConstFrame frame(noise.data() + at, frame_samples);
        linear.process(frame, frame, out);
    }
    linear.reset();
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
