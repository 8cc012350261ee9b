#include "client/recorder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <vector>

#include "audio/sound_reader.hpp"
#include "base/real_time.hpp"
#include "client/limits.hpp"
#include "client/test_support.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::client {
namespace {

using std::chrono::milliseconds;

constexpr SessionId ada{7};

test::Samples filled(float value) {
    test::Samples samples;
    samples.fill(value);
    return samples;
}

/// The writer looks at it while a test moves it on.
class SharedClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return TimePoint(Duration(now_.load())); }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }
    void advance(Duration by) { now_.fetch_add(by.count()); }

private:
    std::atomic<Duration::rep> now_ = Duration(std::chrono::hours(1)).count();
};

/// A recorder whose end a test waits for.
class RecorderTest : public testing::Test {
protected:
    void start(RecordingKind kind = RecordingKind::conversation,
               RecordingFormat format = RecordingFormat::flac) {
        clock.advance(std::chrono::seconds(1));
        began = clock.now();
        ended = {};
        recorder.start({.folder = scratch.path(), .kind = kind, .format = format});
    }
    [[nodiscard]] Placement at(int frame) const {
        return {.at = began + frame * milliseconds(10), .tick = static_cast<std::uint64_t>(frame)};
    }
    RecordingChanged end() { return ended.get_future().get(); }
    [[nodiscard]] std::vector<std::string> names(const RecordingChanged& end) const {
        std::vector<std::string> out;
        for (const auto& file : end.files) {
            out.push_back(std::filesystem::path(file).filename());
        }
        return out;
    }
    [[nodiscard]] std::size_t frames_in(const std::string& name) const {
        auto reader = audio::SoundReader::open(scratch.path() / name, "read");
        std::size_t frames = 0;
        for (test::Samples samples; reader && reader->read(samples);) {
            ++frames;
        }
        return frames;
    }

    const platform::ScratchFolder scratch;
    SharedClock clock;
    TimePoint began;
    std::promise<RecordingChanged> ended;
    Recorder recorder{clock,
                      [](const Track& track) {
                          constexpr const char* words[] = {"captured", "me", "ada", "played"};
                          return std::string(words[static_cast<std::size_t>(track.kind)]);
                      },
                      [this](RecordingChanged end) { ended.set_value(std::move(end)); }};
};

TEST_F(RecorderTest, AConversationHasATrackForEachSpeaker) {
    recorder.sent(at(0), filled(1));  // nothing is recorded yet
    start();
    recorder.captured(at(0), filled(0.5F));
    recorder.sent(at(1), filled(0.5F));
    recorder.received(ada, at(2), filled(0.25F));
    recorder.played(at(2), filled(0.25F));
    clock.advance(milliseconds(50));
    recorder.stop();
    recorder.sent(at(3), filled(1));
    const auto told = end();
    EXPECT_FALSE(told.on);
    EXPECT_EQ(told.folder, scratch.path().string());
    EXPECT_FALSE(told.error);
    EXPECT_EQ(told.lost_ms, 0U);
    EXPECT_EQ(names(told), (std::vector<std::string>{"me.flac", "ada.flac"}));
    EXPECT_EQ(frames_in("me.flac"), 5U) << "as long as the recording was";
    EXPECT_EQ(frames_in("ada.flac"), 5U);
}

TEST_F(RecorderTest, OfEverythingThereIsMore) {
    start(RecordingKind::everything);
    recorder.captured(at(0), filled(0.5F));
    recorder.sent(at(0), filled(0.5F));
    recorder.received(ada, at(0), filled(0.25F));
    recorder.played(at(0), filled(0.25F));
    recorder.stop(Error{.code = ErrorCode::closed, .message = "why"});
    const auto told = end();
    EXPECT_EQ(told.error->message, "why");
    EXPECT_EQ(names(told),
              (std::vector<std::string>{"captured.flac", "sent.flac", "ada.flac", "played.flac"}));
}

TEST_F(RecorderTest, AnotherMayFollowAndTakesNothingOfTheOneBefore) {
    start();
    recorder.sent(at(0), filled(0.5F));
    recorder.stop();
    EXPECT_EQ(names(end()), std::vector<std::string>{"me.flac"});
    const auto late = at(5);
    start();
    recorder.sent(late, filled(0.5F));
    recorder.stop();
    EXPECT_TRUE(end().files.empty());
}

TEST_F(RecorderTest, AFolderThatIsGoneEndsIt) {
    start();
    std::filesystem::remove_all(scratch.path());
    recorder.sent(at(0), filled(0.5F));
    const auto told = end();  // by itself
    ASSERT_TRUE(told.error);
    EXPECT_EQ(told.error->code, ErrorCode::io);
    recorder.sent(at(1), filled(0.5F));
    recorder.stop();
}

TEST_F(RecorderTest, WhatTheDiskIsTooSlowForIsCounted) {
    start();
    // More than the ring holds, at once.
    for (std::size_t i = 0; i < 20 * recording_up_frames_max; ++i) {
        recorder.sent(at(static_cast<int>(i)), filled(0.5F));
    }
    recorder.stop();
    EXPECT_GE(end().lost_ms, recording_up_frames_max * dsp::frame_ms);
}

TEST_F(RecorderTest, SoMuchMayWaitForASlowDisk) {
    start();
    for (std::size_t i = 0; i < recording_up_frames_max; ++i) {
        recorder.sent(at(static_cast<int>(i)), filled(0.5F));
    }
    for (std::size_t i = 0; i < recording_down_frames_max; ++i) {
        recorder.received(ada, at(static_cast<int>(i)), filled(0.5F));
    }
    recorder.stop();
    EXPECT_EQ(end().lost_ms, 0U);
    EXPECT_EQ(frames_in("ada.flac"), recording_down_frames_max);
}

TEST_F(RecorderTest, OfOthersOnlySoMuchWaits) {
    start();
    for (std::size_t i = 0; i < 20 * recording_down_frames_max; ++i) {
        recorder.received(ada, at(static_cast<int>(i)), filled(0.5F));
    }
    recorder.stop();
    EXPECT_GE(end().lost_ms, recording_down_frames_max * dsp::frame_ms);
}

TEST_F(RecorderTest, OpusFilesAreAsLongAsOthers) {
    start(RecordingKind::conversation, RecordingFormat::opus);
    recorder.sent(at(0), filled(0.5F));
    recorder.received(ada, at(30), filled(0.25F));
    clock.advance(milliseconds(1'000));
    recorder.stop();
    const auto told = end();
    EXPECT_FALSE(told.error);
    EXPECT_EQ(names(told), (std::vector<std::string>{"me.opus", "ada.opus"}));
    EXPECT_EQ(frames_in("me.opus"), 100U);
    EXPECT_EQ(frames_in("ada.opus"), 100U);
}

TEST_F(RecorderTest, TheLongestOneEndsByItself) {
    start();
    recorder.sent(at(0), filled(0.5F));
    clock.advance(recording_time_max);
    const auto told = end();
    ASSERT_TRUE(told.error);
    EXPECT_EQ(told.error->code, ErrorCode::too_large);
}

TEST_F(RecorderTest, TheVoiceThreadsWaitForNothing) {
    start(RecordingKind::everything);
    {
        // In dev builds whatever allocates, locks or waits in here aborts.
        const RealTimeScope scope;
        for (int i = 0; i < 50; ++i) {
            recorder.captured(at(i), filled(0.5F));
            recorder.sent(at(i), filled(0.5F));
            recorder.received(ada, at(i), filled(0.5F));
            recorder.played(at(i), filled(0.5F));
        }
    }
    recorder.stop();
    end();
}

}  // namespace
}  // namespace partyline::client
