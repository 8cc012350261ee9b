#include "audio/metrics/decisions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "audio/metrics/test_sounds.hpp"

namespace partyline::metrics {
namespace {

using enum Activity;

std::vector<Activity> frames(std::initializer_list<std::pair<Activity, std::size_t>> runs) {
    std::vector<Activity> out;
    for (const auto& [kind, count] : runs) {
        out.insert(out.end(), count, kind);
    }
    return out;
}

TEST(VoiceScore, CountsWhatIsHeardAndWhatShouldNotBe) {
    const auto truth = frames({{pause, 30}, {edge, 10}, {speech, 40}, {edge, 10}, {pause, 10}});
    std::vector<bool> sent(truth.size());
    std::fill(sent.begin() + 20, sent.begin() + 70, true);
    const auto score = voice_score(truth, std::array<std::size_t, 1>{40}, sent);
    EXPECT_DOUBLE_EQ(score.recall, 30.0 / 40);
    EXPECT_DOUBLE_EQ(score.false_accept, 10.0 / 40);
    EXPECT_EQ(score.starts, 1U);
    EXPECT_EQ(score.clipped_starts, 0);
}

TEST(VoiceScore, AStartIsClippedByAnyMissingFrameOfItsFirst150Ms) {
    const auto truth =
        frames({{pause, 30}, {speech, 40}, {edge, 5}, {speech, 5}, {pause, 1}, {speech, 40}});
    const std::array<std::size_t, 2> starts{30, 81};
    const struct {
        std::size_t missing;
        double clipped;
    } cases[] = {{0, 0},  {29, 0},   {30, 0.5}, {44, 0.5}, {45, 0},
                 {75, 0}, {81, 0.5}, {95, 0.5}, {96, 0}};
    for (const auto& test : cases) {
        std::vector<bool> sent(truth.size(), true);
        sent[test.missing] = false;
        const auto score = voice_score(truth, starts, sent);
        EXPECT_EQ(score.starts, 2U);
        EXPECT_EQ(score.clipped_starts, test.clipped) << "without frame " << test.missing;
    }
}

/// Noise of this level for so many frames.
void append(std::vector<float>& sound, double dbfs, std::size_t count) {
    const auto more = noise(count * dsp::frame_samples, std::pow(10, dbfs / 20), sound.size() + 1);
    sound.insert(sound.end(), more.begin(), more.end());
}

TEST(FirstSyllables, BeginAfterABreathAndOnceInEachStretchOfSpeech) {
    std::vector<float> sound;
    append(sound, -90, 50);
    append(sound, -36, 10);  // breath
    append(sound, -60, 15);
    append(sound, -20, 30);
    append(sound, -90, 10);  // too short for a pause
    append(sound, -25, 30);
    append(sound, -90, 60);
    append(sound, -36, 5);  // a "t"
    append(sound, -60, 8);
    append(sound, -20, 30);
    const auto truth = activity(sound);
    EXPECT_EQ(truth[50], speech) << "breath is what the recall counts";
    EXPECT_EQ(first_syllables(sound, truth), (std::vector<std::size_t>{75, 205}));
    EXPECT_EQ(first_syllables({}, {}), std::vector<std::size_t>{});
}

TEST(VoiceScore, NothingIsNoScore) {
    const auto score = voice_score({}, {}, {});
    EXPECT_EQ(score.recall, 0);
    EXPECT_EQ(score.false_accept, 0);
    EXPECT_EQ(score.clipped_starts, 0);
}

TEST(Erle, IsTheDifferenceOfTheLevels) {
    const auto microphone = noise(4 * second, 0.1, 1);
    for (const double wanted_db : {0.0, 12.5, 40.0}) {
        const auto gain = static_cast<float>(std::pow(10, -wanted_db / 20));
        const auto out = delayed(scaled(microphone, gain), 1440);
        EXPECT_NEAR(erle_db(microphone, out, {second, 2 * second}, 1440), wanted_db, 1e-3);
    }
    EXPECT_NEAR(erle_db(microphone, std::vector<float>(microphone.size()), {0, second}, 0),
                120 + level_dbfs(cut(microphone, {0, second})), 1e-9)
        << "silence counts as -120 dBFS";
}

}  // namespace
}  // namespace partyline::metrics
