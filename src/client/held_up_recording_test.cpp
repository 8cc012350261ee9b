// What a recording has of one's own voice where the thread that speaks was held up.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "audio/sound_reader.hpp"
#include "client/recorder.hpp"
#include "client/test_support.hpp"
#include "client/voice_up.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::client {
namespace {

/// The voice thread moves it on, and the recording's writer looks at it.
class MovedClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return TimePoint(Duration(now_.load())); }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }
    void move_to(TimePoint to) { now_.store(to.time_since_epoch().count()); }

private:
    std::atomic<Duration::rep> now_ = Duration(std::chrono::hours(1)).count();
};

/// A microphone in front of a thread that is held up once: what is captured meanwhile waits.
class WaitingSource final : public audio::Source {
public:
    static constexpr int frames = 100;

    explicit WaitingSource(MovedClock& clock) : clock_(clock), start_(clock.now()) {}

    bool read(dsp::Frame mid) override {
        test::Samples side;
        return read(mid, side);
    }
    bool read(dsp::Frame mid, dsp::Frame side) override {
        if (given_ == frames) {
            over_.set_value();
            return false;
        }
        const auto held_up = given_ == held_up_after ? held_up_for : Duration{};
        ++given_;
        clock_.move_to(std::max(clock_.now() + held_up, whole_at()));
        std::ranges::fill(mid, 0.5F);
        std::ranges::fill(side, 0.0F);
        return true;
    }
    [[nodiscard]] Duration waited() const override { return clock_.now() - whole_at(); }
    void stop() override {}
    void resume() override {}
    [[nodiscard]] TimePoint started() const override { return start_; }

    void wait_until_over() { over_.get_future().wait(); }

private:
    static constexpr int held_up_after = 50;
    static constexpr Duration held_up_for = std::chrono::milliseconds(300);

    /// When the newest frame's last sample was captured.
    [[nodiscard]] TimePoint whole_at() const {
        return start_ + given_ * std::chrono::milliseconds(dsp::frame_ms);
    }

    MovedClock& clock_;
    const TimePoint start_;
    int given_ = 0;
    std::promise<void> over_;
};

TEST(HeldUpRecording, WhatWasCapturedMeanwhileIsAllThereAndWhereItWasSaid) {
    const platform::ScratchFolder scratch;
    MovedClock clock;
    std::promise<RecordingChanged> ended;
    Recorder recorder(
        clock, [](const Track&) { return std::string("captured"); },
        [&ended](RecordingChanged end) { ended.set_value(std::move(end)); });
    UpCounters counters;
    VoiceLink link(
        std::make_shared<Hop>(Hop::Keys{.up = test::hop_key(), .down = test::hop_key(), .epoch = 0},
                              nullptr),
        counters);
    link.recorder = &recorder;
    recorder.start({.folder = scratch.path(), .kind = RecordingKind::everything});
    WaitingSource source(clock);
    {
        auto up = VoiceUp::start(test::identity_of(1), link, source, clock, UseCapture{});
        ASSERT_TRUE(up);
        (*up)->begin();
        source.wait_until_over();
    }
    recorder.stop();
    EXPECT_FALSE(ended.get_future().get().error);

    auto reader = audio::SoundReader::open(scratch.path() / "captured.flac", "read");
    ASSERT_TRUE(reader);
    int frames = 0;
    for (test::Samples samples; reader->read(samples); ++frames) {
        ASSERT_GT(samples.front(), 0.4F) << "frame " << frames;
        ASSERT_GT(samples.back(), 0.4F) << "frame " << frames;
    }
    EXPECT_EQ(frames, WaitingSource::frames);
}

}  // namespace
}  // namespace partyline::client
