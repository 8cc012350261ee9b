#include "audio/scenes/recordings.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "audio/metrics/level.hpp"
#include "audio/scenes/noises.hpp"
#include "audio/sounds/sound_file.hpp"
#include "dsp/format.hpp"
#include "harness/scratch.hpp"

namespace partyline::scenes {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// A folder like /usr/share with files in it that nobody reads.
class Recorded : public ::testing::Test {
protected:
    void touch(const std::string& name) {
        const std::filesystem::path path = share() + "/" + name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << "x";
    }

    void touch_all() {
        for (int i = 0; i < 5; ++i) {
            touch("pocketsphinx/test/data/librivox/" + std::to_string(i) + ".wav");
        }
        for (int i = 0; i < 40; ++i) {
            touch("games/fillets-ng/sound/room/cs/room-m-" + std::to_string(i) + ".ogg");
            touch("games/fillets-ng/sound/room/nl/room-m-" + std::to_string(i) + ".ogg");
            touch("festival/voices/russian/msu_ru_nsh_clunits/wav/ru_" + std::to_string(1000 + i) +
                  ".wav");
        }
    }

    std::string share() { return scratch_.path("share"); }

private:
    harness::Scratch scratch_;
};

TEST_F(Recorded, WhatIsMissingIsNamedWithItsPackage) {
    const auto none = find_recordings(share(), Extent::demo, Half::scoring);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::io);
    EXPECT_THAT(none.error().message, HasSubstr("pocketsphinx-testdata"));

    touch("pocketsphinx/test/data/librivox/1.wav");
    EXPECT_TRUE(find_recordings(share(), Extent::demo, Half::scoring));
    EXPECT_THAT(find_recordings(share(), Extent::all, Half::scoring).error().message,
                HasSubstr("fillets-ng-data-cs"));
    touch("games/fillets-ng/sound/room/cs/room-m-line.ogg");
    EXPECT_THAT(find_recordings(share(), Extent::all, Half::scoring).error().message,
                HasSubstr("festvox-ru"));
    touch_all();
    EXPECT_THAT(find_recordings(share(), Extent::all, Half::scoring).error().message,
                HasSubstr("bucklespring-data"));
}

TEST_F(Recorded, HalvesShareNothingWhereThereAreMany) {
    touch_all();
    std::filesystem::create_directories(share() + "/buckle/wav");
    for (const char* name : {"01-1", "01-0"}) {
        ASSERT_TRUE(sounds::write_sound(share() + "/buckle/wav/" + name + ".wav",
                                        std::vector<float>(480, 0.1F)));
    }
    const auto scoring = find_recordings(share(), Extent::all, Half::scoring).value();
    const auto tuning = find_recordings(share(), Extent::all, Half::tuning).value();
    ASSERT_EQ(scoring.speech.size(), 3U);
    EXPECT_EQ(scoring.keys.size(), 1U);
    EXPECT_EQ(scoring.speech[0], tuning.speech[0]) << "few: all of them";
    EXPECT_EQ(scoring.speech[0].size(), 5U);
    for (const std::size_t language : {1U, 2U}) {
        EXPECT_EQ(scoring.speech[language].size(), language == 1 ? 20U : 10U);
        for (const auto& file : scoring.speech[language]) {
            EXPECT_THAT(tuning.speech[language], Not(Contains(file)));
            EXPECT_THAT(file, Not(HasSubstr("/nl/")));
        }
    }
    for (const auto& file : scoring.speech[2]) {
        EXPECT_EQ((file[file.size() - 5] - '0') % 2, 0) << file;
    }
}

TEST_F(Recorded, NobodySpeaksAtBothEnds) {
    touch_all();
    const auto recordings = find_recordings(share(), Extent::demo, Half::scoring).value();
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        Random random(seed);
        const auto voices = cast_voices(recordings, random);
        std::set<std::string> all(voices.near[0].begin(), voices.near[0].end());
        EXPECT_EQ(all.size(), 3U);
        all.insert(voices.far[0].begin(), voices.far[0].end());
        EXPECT_EQ(all.size(), 5U);
    }
}

TEST_F(Recorded, SilenceIsNoSpeech) {
    const auto path = share() + ".wav";
    ASSERT_TRUE(sounds::write_sound(path, std::vector<float>(dsp::sample_rate_hz)));
    Random random(1);
    const auto said = speech({{path}}, {.seconds = 1}, random);
    ASSERT_FALSE(said);
    EXPECT_THAT(said.error().message, HasSubstr("no speech"));
}

TEST(Speech, IsAsLongAndAsLoudAsAsked) {
    const auto recordings = find_recordings("/usr/share", Extent::demo, Half::scoring).value();
    Random random(1);
    const auto said =
        speech(recordings.speech,
               {.seconds = 12, .pause_seconds_min = 0.5, .pause_seconds_max = 0.6}, random)
            .value();
    EXPECT_EQ(said.size(), 12U * dsp::sample_rate_hz);
    EXPECT_NEAR(metrics::active_level_dbfs(said), speech_dbfs, 1);
    EXPECT_EQ(metrics::power(metrics::cut(said, {0, dsp::sample_rate_hz / 2})), 0);
}

}  // namespace
}  // namespace partyline::scenes
