#include "dsp/loudspeaker_curve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "dsp/linear_echo.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

/// A loudspeaker that flattens by tanh(drive * x) / drive, a room, a filter that learns both, and the curve before it.
class Loudspeaker {
public:
    /// What is left of the echo in the last second of `seconds`, in dB. Nothing is flattened by a drive of 0.
    double left_db(double seconds, double drive, bool learns, std::uint64_t seed = 3) {
        const auto played = test::synthetic_voice(seconds, seed);
        std::vector<float> echo(played.size());
        for (std::size_t i = late; i < echo.size(); ++i) {
            const auto sample = static_cast<double>(played[i - late]);
            echo[i] = static_cast<float>(drive > 0 ? std::tanh(drive * sample) / drive : sample);
        }
        std::vector<float> left(echo.size());
        for (std::size_t at = 0; at + frame_samples <= echo.size(); at += frame_samples) {
            const ConstFrame captured(&echo[at], frame_samples);
            std::array<float, frame_samples> bent{};
            std::copy_n(&played[at], frame_samples, bent.begin());
            curve.bend(bent);
            const Frame out(&left[at], frame_samples);
            filter_.process(captured, bent, out);
            if (learns) {
                curve.learn(captured, out);
            }
        }
        const auto last = left.size() - sample_rate_hz;
        return test::level_db(std::span(left).subspan(last)) -
               test::level_db(std::span(echo).subspan(last));
    }

    LoudspeakerCurve curve;

private:
    static constexpr std::size_t late = 2000;

    LinearEcho filter_;
};

TEST(LoudspeakerCurve, ALoudspeakerThatFlattensIsFound) {
    Loudspeaker straight;
    const double without_db = straight.left_db(20, 6, false);
    Loudspeaker bent;
    EXPECT_LT(bent.left_db(20, 6, true), without_db - 6);
    EXPECT_GT(bent.curve.drive(), 3);
    EXPECT_LT(bent.curve.drive(), 12);
}

TEST(LoudspeakerCurve, OneThatDoesNotIsLeftAlone) {
    Loudspeaker loudspeaker;
    loudspeaker.left_db(20, 0, true);
    EXPECT_LT(loudspeaker.curve.drive(), 2 * LoudspeakerCurve::drive_min);
}

TEST(LoudspeakerCurve, OneThatIsTurnedDownIsStraightAgain) {
    Loudspeaker loudspeaker;
    loudspeaker.left_db(20, 6, true);
    const float driven_hard = loudspeaker.curve.drive();
    loudspeaker.left_db(30, 0, true, 4);
    EXPECT_LT(loudspeaker.curve.drive(), driven_hard / 2);
}

TEST(LoudspeakerCurve, ChangesNothingBeforeItHasLearnt) {
    const auto voice = test::synthetic_voice(0.01);
    auto bent = voice;
    const LoudspeakerCurve curve;
    curve.bend(Frame(bent.data(), frame_samples));
    EXPECT_EQ(bent, voice);
}

TEST(LoudspeakerCurve, StaysWithinItsBounds) {
    // What is left is all of the guess, turned over, wherever it is loud, and the other way round: nothing flattens so.
    for (const float wrong : {-1.0F, 1.0F}) {
        LoudspeakerCurve curve;
        for (int i = 0; i < 4000; ++i) {
            const bool loud = i % 20 < 10;
            const float guess = loud ? 0.5F : 0.01F;
            const std::vector<float> left(frame_samples, (loud ? wrong : -wrong) * guess);
            const std::vector<float> captured(frame_samples, guess + left[0]);
            curve.learn(ConstFrame(captured.data(), frame_samples),
                        ConstFrame(left.data(), frame_samples));
        }
        EXPECT_EQ(curve.drive(),
                  wrong < 0 ? LoudspeakerCurve::drive_max : LoudspeakerCurve::drive_min);
    }
}

TEST(LoudspeakerCurve, LearnsNothingFromSilence) {
    LoudspeakerCurve curve;
    for (int i = 0; i < 100; ++i) {
        // The louder, the more of the guess is missed.
        const float guess = i % 20 < 10 ? 0.5F : 0.01F;
        const std::vector<float> left(frame_samples, guess > 0.1F ? -guess : guess);
        const std::vector<float> captured(frame_samples, guess + left[0]);
        curve.learn(ConstFrame(captured.data(), frame_samples),
                    ConstFrame(left.data(), frame_samples));
    }
    const float learnt = curve.drive();
    EXPECT_GT(learnt, LoudspeakerCurve::drive_min);
    const std::array<float, frame_samples> silence{};
    for (int i = 0; i < 100; ++i) {
        curve.learn(silence, silence);
    }
    EXPECT_EQ(curve.drive(), learnt);
}

TEST(LoudspeakerCurve, OutlivesWhatIsNoSound) {
    LoudspeakerCurve curve;
    const std::vector<float> silence(frame_samples);
    using Limits = std::numeric_limits<float>;
    for (const float odd : {Limits::max(), Limits::infinity(), Limits::quiet_NaN()}) {
        const std::vector<float> captured(frame_samples, odd);
        for (int i = 0; i < 100; ++i) {
            curve.learn(ConstFrame(captured.data(), frame_samples),
                        ConstFrame(silence.data(), frame_samples));
        }
        EXPECT_EQ(curve.drive(), LoudspeakerCurve::drive_min);
    }
}

}  // namespace
}  // namespace partyline::dsp
