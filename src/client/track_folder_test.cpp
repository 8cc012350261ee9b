#include "client/track_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "audio/sound_reader.hpp"
#include "client/limits.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::client {
namespace {

using Samples = std::array<float, dsp::frame_samples>;

constexpr std::int64_t frame = dsp::frame_samples;
constexpr Track sent{.kind = Track::Kind::sent};
constexpr Track ada{.kind = Track::Kind::received, .speaker = SessionId{7}};
constexpr Track bob{.kind = Track::Kind::received, .speaker = SessionId{8}};

Samples filled(float value) {
    Samples samples;
    samples.fill(value);
    return samples;
}

std::string name_of(const Track& track) {
    return track.kind == Track::Kind::sent ? "me" : std::to_string(track.speaker.value);
}

std::vector<float> read(const std::string& path) {
    auto reader = audio::SoundReader::open(path, "read");
    EXPECT_TRUE(reader) << path;
    std::vector<float> all;
    for (Samples samples; reader && reader->read(samples);) {
        all.insert(all.end(), samples.begin(), samples.end());
    }
    return all;
}

/// The first sample of each frame, in 1/128.
std::vector<int> outline(const std::string& path) {
    auto reader = audio::SoundReader::open(path, "read");
    EXPECT_TRUE(reader) << path;
    std::vector<int> out;
    for (Samples samples; reader && reader->read(samples);) {
        out.push_back(static_cast<int>(samples.front() * 128));
    }
    return out;
}

class Tracks : public testing::Test {
protected:
    void write(const Track& track, std::int64_t at, std::uint64_t tick, int value) {
        const auto written =
            folder.write(track, {.at = at, .tick = tick}, filled(static_cast<float>(value) / 128));
        EXPECT_TRUE(written) << written.error().message;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return scratch.path() / name; }

    const platform::ScratchFolder scratch;
    TrackFolder folder{scratch.path(), name_of};
};

TEST_F(Tracks, AreAlignedAndOfOneLength) {
    write(sent, 0, 1, 10);
    write(sent, frame, 2, 11);
    write(ada, 2 * frame, 50, 20);
    write(sent, 4 * frame, 5, 12);
    ASSERT_TRUE(folder.fill_up_to(6 * frame));
    ASSERT_TRUE(folder.close());
    EXPECT_EQ(folder.files(), (std::vector{path("me.flac"), path("7.flac")}));
    EXPECT_EQ(outline(path("me.flac")), (std::vector{10, 11, 0, 0, 12, 0}));
    EXPECT_EQ(outline(path("7.flac")), (std::vector{0, 0, 20, 0, 0, 0}));
}

TEST_F(Tracks, OfOpusAreOfOneLengthWhoeverFirstSpokeAfterHours) {
    TrackFolder opus(scratch.path(), name_of, RecordingFormat::opus);
    constexpr std::int64_t hours = 5 * 360'000 * frame + 17;
    ASSERT_TRUE(opus.write(sent, {.at = 0, .tick = 1}, filled(0.5F)));
    ASSERT_TRUE(opus.write(ada, {.at = hours, .tick = 50}, filled(0.5F)));
    ASSERT_TRUE(opus.fill_up_to(hours + 2 * frame));
    ASSERT_TRUE(opus.close());
    for (const auto* name : {"me.opus", "7.opus"}) {
        const auto reader = audio::SoundReader::open(path(name), "read");
        ASSERT_TRUE(reader) << name;
        EXPECT_EQ(reader->shape().samples, std::uint64_t{hours + 2 * frame}) << name;
    }
}

TEST_F(Tracks, WhoFirstSpeaksLateHoldsUpNobodyAndIsWhereTheyBelong) {
    constexpr std::int64_t late = recording_silence_each_time_samples * 5 / 2;
    static_assert(late % recording_silence_at_once_samples == 0 && late % frame == 0);
    write(sent, 0, 1, 10);
    for (std::int64_t at = 0; at <= late; at += recording_silence_at_once_samples) {
        ASSERT_TRUE(folder.fill_up_to(at));
    }
    write(ada, late, 50, 20);
    write(sent, late, 2, 11);
    write(ada, late + frame, 51, 21);
    EXPECT_EQ(folder.silence_owed(), late) << "of what was before, nothing at once";
    int times = 0;
    while (folder.silence_owed() > 0) {
        const auto before = folder.silence_owed();
        ASSERT_TRUE(folder.fill_up_to(late + 2 * frame));
        EXPECT_EQ(before - folder.silence_owed(),
                  std::min(before, recording_silence_each_time_samples));
        ++times;
    }
    EXPECT_EQ(times, 3);
    write(ada, late + 2 * frame, 52, 22);
    ASSERT_TRUE(folder.close());
    constexpr std::size_t frames_before = late / frame;
    for (const auto& [name, words] : {std::pair{"7.flac", std::vector{0, 20, 21, 22}},
                                      std::pair{"me.flac", std::vector{0, 11, 0, 0}}}) {
        const auto heard = outline(path(name));
        ASSERT_EQ(heard.size(), frames_before + 3) << name;
        EXPECT_EQ((std::vector(heard.end() - 4, heard.end())), words) << name;
    }
}

TEST_F(Tracks, ASecondOfSilenceIsWrittenAtOnce) {
    write(ada, recording_silence_at_once_samples, 1, 1);
    EXPECT_EQ(folder.silence_owed(), 0);
    write(bob, recording_silence_at_once_samples + frame, 2, 1);
    EXPECT_EQ(folder.silence_owed(), recording_silence_at_once_samples + frame);
}

TEST_F(Tracks, OnlySoMuchWaitsForTheSilenceBeforeIt) {
    constexpr std::int64_t late = 2 * recording_silence_at_once_samples;
    std::int64_t at = late;
    for (std::uint64_t tick = 1; tick <= recording_late_frames_max; ++tick) {
        write(ada, at, tick, 1);
        at += frame;
    }
    EXPECT_EQ(folder.silence_owed(), late);
    write(ada, at, recording_late_frames_max + 1, 1);
    EXPECT_EQ(folder.silence_owed(), 0);
    ASSERT_TRUE(folder.close());
    EXPECT_EQ(std::ssize(read(path("7.flac"))), at + frame);
}

TEST_F(Tracks, WhatFollowsEachOtherDoesSoWhateverTheClockSays) {
    // A thread that was held up for 50 ms hands over what it owes at once.
    write(ada, 0, 1, 1);
    for (int i = 2; i < 7; ++i) {
        write(ada, 6 * frame, static_cast<std::uint64_t>(i), i);
    }
    write(ada, 6 * frame, 7, 7);
    ASSERT_TRUE(folder.close());
    EXPECT_EQ(outline(path("7.flac")), (std::vector{1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(Tracks, WhatWasPlayedAtOneTimeIsAtOnePlaceThoughFramesWereMissed) {
    constexpr Track played{.kind = Track::Kind::played};
    write(played, 0, 1, 1);
    write(played, frame, 2, 2);
    // The loudspeaker went without one of them, and from here on is later than the count of frames says.
    write(played, 3 * frame, 3, 3);
    write(ada, 4 * frame, 4, 4);
    write(played, 4 * frame, 4, 4);
    // A thread that was held up: of late frames the clock knows less.
    write(ada, 7 * frame + 17, 5, 5);
    write(played, 7 * frame + 17, 5, 5);
    write(bob, 7 * frame + 17, 6, 6);
    write(played, 7 * frame + 17, 6, 6);
    ASSERT_TRUE(folder.close());
    EXPECT_EQ(outline(path("0.flac")), (std::vector{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(outline(path("7.flac")), (std::vector{0, 0, 0, 4, 5, 0}));
    EXPECT_EQ(outline(path("8.flac")), (std::vector{0, 0, 0, 0, 0, 6}));
}

TEST_F(Tracks, WhatIsLeftOutOfOneIsLeftOutOfAllThatWasPlayedThen) {
    constexpr Track played{.kind = Track::Kind::played};
    constexpr std::int64_t first = 2 * recording_slack_samples;
    for (const auto& track : {ada, played}) {
        write(track, first, 1, 1);
    }
    for (const auto& track : {ada, bob, played}) {
        write(track, first + frame - recording_slack_samples - 1, 2, 2);
    }
    for (const auto& track : {ada, bob, played}) {
        write(track, first + frame, 3, 3);
    }
    ASSERT_TRUE(folder.close());
    const auto all = read(path("0.flac"));
    EXPECT_EQ(read(path("7.flac")), all);
    EXPECT_EQ(all.at(first + frame) * 128, 3);
    const auto of_bob = read(path("8.flac"));
    EXPECT_EQ(of_bob.size(), all.size());
    EXPECT_EQ(of_bob.at(first + frame - 1), 0);
    EXPECT_EQ(of_bob.at(first + frame) * 128, 3);
}

TEST_F(Tracks, WhatIsSentLateIsWhereItWasCaptured) {
    constexpr Track captured{.kind = Track::Kind::captured};
    constexpr std::int64_t jitter = 17;
    for (int i = 1; i <= 5; ++i) {
        const auto tick = static_cast<std::uint64_t>(i);
        const auto at = i * frame + (i == 4 ? jitter : 0);
        ASSERT_TRUE(folder.write(captured, {.at = at, .tick = tick}, filled(1.0F / 128)));
        if (i < 4) {
            continue;
        }
        // The gate opens at the fourth: what was said before goes out with it.
        for (int waited = i == 4 ? 2 : 0; waited >= 0; --waited) {
            const Placed placed{.at = at, .tick = tick, .late = (1 + waited) * frame};
            ASSERT_TRUE(folder.write(sent, placed, filled(static_cast<float>(i - waited) / 128)));
        }
    }
    // What was captured before the recording began is no part of it.
    ASSERT_TRUE(folder.write(sent, {.at = 5 * frame, .tick = 5, .late = 6 * frame}, filled(1)));
    ASSERT_TRUE(folder.close());
    EXPECT_EQ(outline(path("0.flac")), (std::vector{0, 1, 1, 1, 1, 1}));
    EXPECT_EQ(outline(path("me.flac")), (std::vector{0, 2, 3, 4, 5, 0}));
}

TEST_F(Tracks, ADriftBeyondTheSlackIsMadeUpFor) {
    write(ada, 0, 1, 1);
    write(ada, frame + recording_slack_samples, 2, 2);
    write(ada, 2 * frame + recording_slack_samples + 1, 3, 3);
    ASSERT_TRUE(folder.close());
    const auto all = read(path("7.flac"));
    EXPECT_EQ(all.at(2 * frame - 1) * 128, 2);
    EXPECT_EQ(all.at(2 * frame) * 128, 0);
    EXPECT_EQ(all.at(2 * frame + recording_slack_samples + 1) * 128, 3);
}

TEST_F(Tracks, AClockThatRunsFastIsMadeUpForByLeavingOut) {
    constexpr std::int64_t first = 2 * recording_slack_samples;
    write(ada, first, 1, 1);
    write(ada, first + frame - recording_slack_samples - 1, 2, 2);
    write(ada, first + frame, 3, 3);
    ASSERT_TRUE(folder.close());
    const auto all = read(path("7.flac"));
    ASSERT_EQ(std::ssize(all), first + 2 * frame);
    EXPECT_EQ(all.at(first + frame) * 128, 3);
}

TEST_F(Tracks, AFolderThatCannotBeLookedIntoIsAMistake) {
    // A name that is too long for the disk cannot be looked at either.
    TrackFolder nowhere(path(std::string(300, 'x')), [](const Track&) { return "ada"; });
    EXPECT_FALSE(nowhere.write(ada, {.at = 0, .tick = 1}, filled(0)));
}

TEST_F(Tracks, WhatWasBeforeTheBeginningIsLeftOut) {
    write(ada, -1, 1, 1);
    EXPECT_TRUE(folder.files().empty());
}

TEST_F(Tracks, NothingThatIsThereIsOverwritten) {
    std::ofstream(path("7.flac")) << "precious";
    std::filesystem::create_symlink("nowhere", path("7 2.flac"));
    write(ada, 0, 1, 1);
    ASSERT_TRUE(folder.close());
    EXPECT_EQ(folder.files(), std::vector{path("7 3.flac")});
    std::ifstream in(path("7.flac"));
    std::string kept;
    EXPECT_TRUE(std::getline(in, kept));
    EXPECT_EQ(kept, "precious");
}

TEST_F(Tracks, TalkiesThatRecordToOneFolderAtATimeTakeNothingFromEachOther) {
    constexpr int talkies = 4;
    constexpr int names = 20;
    std::vector<std::unique_ptr<TrackFolder>> folders;
    for (int i = 0; i < talkies; ++i) {
        folders.push_back(std::make_unique<TrackFolder>(scratch.path(), name_of));
    }
    std::barrier together(talkies);
    std::vector<std::jthread> threads;
    for (int talkie = 0; talkie < talkies; ++talkie) {
        threads.emplace_back([&, talkie] {
            const auto sound = filled(static_cast<float>(talkie + 1) / 128);
            for (std::uint32_t name = 0; name < names; ++name) {
                together.arrive_and_wait();
                const Track track{.kind = Track::Kind::received, .speaker = SessionId{name}};
                EXPECT_TRUE(folders[static_cast<std::size_t>(talkie)]->write(
                    track, {.at = 0, .tick = 1}, sound));
            }
        });
    }
    threads.clear();
    std::set<std::string> all;
    for (int talkie = 0; talkie < talkies; ++talkie) {
        auto& mine = *folders[static_cast<std::size_t>(talkie)];
        ASSERT_TRUE(mine.close());
        ASSERT_EQ(mine.files().size(), std::size_t{names});
        for (const auto& file : mine.files()) {
            EXPECT_TRUE(all.insert(file).second) << file << " is of two talkies";
            EXPECT_EQ(outline(file), std::vector{talkie + 1}) << file;
        }
    }
}

TEST_F(Tracks, ThereAreNotMoreThanTheLimit) {
    for (std::size_t i = 0; i < recording_tracks_max; ++i) {
        write({.kind = Track::Kind::received, .speaker = SessionId{static_cast<std::uint32_t>(i)}},
              0, 1, 1);
    }
    const auto refused = folder.write(sent, {.at = 0, .tick = 1}, filled(0));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    EXPECT_EQ(folder.files().size(), recording_tracks_max);
}

TEST_F(Tracks, AFolderThatIsNoneIsToldOf) {
    const auto inside = path("a/b");
    ASSERT_TRUE(TrackFolder::prepare(inside));
    EXPECT_TRUE(std::filesystem::is_directory(inside));
    EXPECT_TRUE(TrackFolder::prepare(inside)) << "it is there already";
    std::ofstream(path("file")) << "x";
    for (const auto& wrong : {path("file"), path("file/b"), std::string()}) {
        const auto failed = TrackFolder::prepare(wrong);
        ASSERT_FALSE(failed) << wrong;
        EXPECT_EQ(failed.error().code, ErrorCode::io);
    }
    TrackFolder gone(path("gone"), name_of);
    EXPECT_FALSE(gone.write(bob, {.at = 0, .tick = 1}, filled(0)));
}

TEST(TrackNames, AreTakenByAnyFileSystem) {
    for (const auto& [name, expected] : std::vector<std::pair<std::string, std::string>>{
             {"Ren\u00E9 \U0001F399", "Ren\u00E9 \U0001F399"},
             {"../../etc/passwd", "_.._.._etc_passwd"},
             {"a/b\\c:d*e?f\"g<h>i|j\n", "a_b_c_d_e_f_g_h_i_j_"},
             {"...", "_"},
             {" . ", "_"},
             {"", "_"},
             {".hidden", "_.hidden"}}) {
        EXPECT_EQ(file_name(name), expected) << name;
    }
    std::string longest(track_name_bytes_max - 1, 'x');
    EXPECT_EQ(file_name(longest + "\u00E9"), longest) << "no half of a character";
    EXPECT_EQ(file_name(longest + "yz"), longest + "y");
}

}  // namespace
}  // namespace partyline::client
