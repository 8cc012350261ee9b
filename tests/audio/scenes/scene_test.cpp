#include "audio/scenes/scene.hpp"

#include <gtest/gtest.h>

#include "audio/metrics/level.hpp"
#include "audio/metrics/likeness.hpp"
#include "audio/scenes/noises.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

constexpr std::size_t second = dsp::sample_rate_hz;
constexpr Lengths short_lengths{.far_alone_s = 4, .both_s = 2, .near_alone_s = 2, .noise_s = 5};

Recordings recordings() {
    auto out = find_recordings("/usr/share", Extent::demo, Half::scoring).value();
    // A click of our own, so that the keyboard's scenes can be made too.
    std::vector<float> click(960);
    for (std::size_t i = 0; i < click.size(); ++i) {
        click[i] = (i % 7 < 3 ? 0.5F : -0.5F) / static_cast<float>(1 + i / 48);
    }
    out.keys.push_back({.press = click, .release = click});
    return out;
}

const Material& material() {
    static const auto made = gather(recordings(), short_lengths, 1).value();
    return made;
}

/// What is in the microphone beside the talker.
std::vector<float> disturbance(const Scene& scene) {
    auto out = scene.microphone;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] -= scene.talker[i];
    }
    return out;
}

TEST(Scene, EachIsMadeAndIsTheSameEachTime) {
    for (const auto name : scene_names()) {
        SCOPED_TRACE(name);
        const auto scene = make_scene(name, material());
        EXPECT_EQ(scene.name, name);
        EXPECT_EQ(scene.talker.size(), scene.microphone.size());
        EXPECT_EQ(scene.far.size(), scene.microphone.size());
        EXPECT_EQ(scene.microphone.size() % dsp::frame_samples, 0U);
        EXPECT_LE(metrics::peak_dbfs(scene.microphone), 0);
        EXPECT_EQ(make_scene(name, material()).microphone, scene.microphone);
    }
}

TEST(Scene, AnotherSeedIsAnotherScene) {
    const auto other = gather(recordings(), short_lengths, 2).value();
    EXPECT_NE(make_scene("echo60", other).microphone, make_scene("echo60", material()).microphone);
    EXPECT_NE(make_scene("fan10", other).talker, make_scene("fan10", material()).talker);
}

TEST(Scene, NoiseIsAsLoudAsTheNameSays) {
    const struct {
        const char* name;
        double level_dbfs;
    } cases[] = {
        {"clean", -80}, {"fan0", -26}, {"fan15", -41}, {"kbd10", -36}, {"fan10+kbd5", -29.8}};
    for (const auto& test : cases) {
        const auto scene = make_scene(test.name, material());
        EXPECT_NEAR(metrics::level_dbfs(disturbance(scene)), test.level_dbfs, 0.5) << test.name;
        EXPECT_NEAR(metrics::active_level_dbfs(scene.talker), speech_dbfs, 2) << test.name;
        EXPECT_EQ(metrics::power(scene.far), 0) << test.name;
    }
    EXPECT_TRUE(needs_keyboard("fan10+kbd5"));
    EXPECT_FALSE(needs_keyboard("fan10"));
}

void expect_who_speaks(const Scene& scene) {
    EXPECT_EQ(metrics::power(metrics::cut(scene.talker, scene.far_alone)), 0);
    EXPECT_GT(metrics::level_dbfs(metrics::cut(scene.talker, scene.both)), -35);
    EXPECT_GT(metrics::level_dbfs(metrics::cut(scene.far, scene.both)), -35);
    EXPECT_GT(metrics::level_dbfs(metrics::cut(scene.talker, scene.near_alone)), -35);
    EXPECT_EQ(metrics::power(metrics::cut(scene.far, scene.near_alone)), 0);
}

TEST(Scene, InAnEchoFirstOneThenBothThenTheOtherSpeaks) {
    const auto scene = make_scene("echo60", material());
    EXPECT_EQ(scene.far_alone.end, 4 * second);
    EXPECT_EQ(scene.both.end, 6 * second);
    EXPECT_EQ(scene.near_alone.end, 8 * second);
    expect_who_speaks(scene);
    EXPECT_NEAR(metrics::level_dbfs(metrics::cut(scene.microphone, scene.far_alone)), -28.5, 2);
    EXPECT_EQ(scene.jump_at, 0U);
    EXPECT_EQ(make_scene("echo60-jump", material()).jump_at, 2 * second);
}

TEST(Scene, WhereTurnsAreTakenTheOtherSpeaksBeforeBothDo) {
    const auto scene = make_scene("echo60-turns", material());
    EXPECT_EQ(scene.near_alone.begin, 4 * second);
    EXPECT_EQ(scene.both.begin, 6 * second);
    EXPECT_EQ(scene.both.end, 8 * second);
    expect_who_speaks(scene);
}

TEST(Scene, LevelsAreThoseOfTheirNames) {
    for (const auto& [name, level] : {std::pair{"level-50", -50.0}, {"level-10", -10.0}}) {
        const auto scene = make_scene(name, material());
        EXPECT_NEAR(metrics::active_level_dbfs(scene.talker), level, 0.01);
        EXPECT_NEAR(metrics::active_level_dbfs(scene.microphone), level, 1);
        EXPECT_EQ(scene.about, About::level);
    }
}

}  // namespace
}  // namespace partyline::scenes
