#include "audio/file_sink.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <format>
#include <future>
#include <memory>
#include <span>
#include <thread>

#include "audio/file_test_support.hpp"
#include "audio/limits.hpp"
#include "audio/sound_file.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {
namespace {

using std::chrono::milliseconds;
using Buffer = std::array<float, dsp::frame_samples>;

Buffer filled(float value) {
    Buffer frame;
    frame.fill(value);
    return frame;
}

/// A clock that the test keeps while the sink owns it.
struct Opened {
    ManualClock* clock;
    std::unique_ptr<Sink> sink;
};
Opened open(const std::string& path, Channels channels = Channels::mono) {
    auto clock = std::make_unique<ManualClock>();
    auto* raw = clock.get();
    auto sink = open_file_sink(path, channels, std::move(clock));
    EXPECT_TRUE(sink) << sink.error().message;
    return {.clock = raw, .sink = *std::move(sink)};
}

TEST(FileSink, WritesWavExactlyAndFlacTo24Bits) {
    const platform::ScratchFolder folder;
    for (const auto* name : {"a.wav", "b.WAV", "c.flac"}) {
        auto [clock, sink] = open(in(folder, name));
        for (int k = 0; k < 100; ++k) {
            clock->set(sink->due(clock->now()));
            sink->write(filled(static_cast<float>(k) / 128.0F));
        }
        ASSERT_TRUE(sink->close());
        SF_INFO info;
        const auto samples = read_samples(in(folder, name), info);
        EXPECT_EQ(info.samplerate, 48'000);
        EXPECT_EQ(info.channels, 1);
        ASSERT_EQ(samples.size(), 48'000U);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            ASSERT_NEAR(samples[i], static_cast<float>(i / 480) / 128.0F, 1e-6F) << i;
        }
    }
}

TEST(FileSink, StereoIsLeftAndRightAndMonoIsTheMiddle) {
    const platform::ScratchFolder folder;
    for (const auto channels : {Channels::mono, Channels::stereo}) {
        auto [clock, sink] = open(in(folder, "a.wav"), channels);
        clock->set(sink->due(clock->now()));
        sink->write(filled(0.5F), filled(0.25F));
        clock->set(sink->due(clock->now()));
        sink->write(filled(0.5F));
        clock->advance(milliseconds(20));
        sink->write(filled(0.5F), filled(-0.25F));
        ASSERT_TRUE(sink->close());
        SF_INFO info;
        const auto samples = read_samples(in(folder, "a.wav"), info);
        const auto count = static_cast<std::size_t>(channels);
        ASSERT_EQ(info.channels, static_cast<int>(count));
        ASSERT_GE(samples.size(), count * 3 * dsp::frame_samples);
        const bool stereo = channels == Channels::stereo;
        EXPECT_EQ(samples[0], stereo ? 0.75F : 0.5F);
        EXPECT_EQ(samples[1], stereo ? 0.25F : 0.5F);
        EXPECT_EQ(samples[count * dsp::frame_samples], 0.5F) << "mono is on both sides alike";
        EXPECT_EQ(samples[count * dsp::frame_samples + 1], 0.5F);
        EXPECT_EQ(samples[samples.size() - 1], stereo ? 0.75F : 0.5F);
        EXPECT_EQ(samples[samples.size() - 2], stereo ? 0.25F : 0.5F);
    }
}

TEST(FileSink, ALateFrameLeavesSilenceSoThatTheTimelineStaysTrue) {
    const platform::ScratchFolder folder;
    auto [clock, sink] = open(in(folder, "a.wav"));
    clock->set(sink->due(clock->now()));
    sink->write(filled(0.5F));
    clock->advance(milliseconds(45));  // due after 10, would have been heard after 20
    sink->write(filled(0.5F));
    EXPECT_EQ(sink->underruns(), 3U);
    ASSERT_TRUE(sink->close());
    SF_INFO info;
    const auto samples = read_samples(in(folder, "a.wav"), info);
    ASSERT_EQ(samples.size(), 5U * 480U);
    EXPECT_EQ(std::ranges::count(samples, 0.0F), 3 * 480);
    EXPECT_EQ(samples.back(), 0.5F);
}

TEST(FileSink, AnOutageHasItsLengthHoweverLongItIs) {
    const platform::ScratchFolder folder;
    for (const auto channels : {Channels::mono, Channels::stereo}) {
        auto [clock, sink] = open(in(folder, "a.wav"), channels);
        clock->set(sink->due(clock->now()));
        sink->write(filled(0.5F));
        sink->rest();
        clock->advance(std::chrono::seconds(60));
        sink->write(filled(0.5F));
        EXPECT_EQ(sink->underruns(), 0U);
        const auto closed = sink->close();
        EXPECT_TRUE(closed) << closed.error().message;
        SF_INFO info;
        const auto samples = read_samples(in(folder, "a.wav"), info);
        const auto count = static_cast<std::ptrdiff_t>(channels);
        ASSERT_EQ(info.frames, 60 * 48'000);
        EXPECT_EQ(std::ranges::count(samples, 0.5F), count * 2 * 480);
        EXPECT_EQ(std::ranges::count(std::span(samples).last(480), 0.5F), 480);
    }
}

TEST(FileSink, InOpusAnOutageOfHoursIsWrittenAtOnce) {
    using std::chrono::hours;
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    auto [clock, sink] = open(path);
    clock->set(sink->due(clock->now()));
    sink->write(filled(0));
    sink->rest();
    clock->advance(hours(4));
    for (int k = 0; k < 20; ++k) {
        sink->write(filled(k % 2 == 0 ? 0.5F : -0.5F));
        clock->set(sink->due(clock->now()));
    }
    const auto closed = sink->close();
    EXPECT_TRUE(closed) << closed.error().message;
    SF_INFO info{};
    const SoundFile file(sf_open(path.c_str(), SFM_READ, &info));
    ASSERT_TRUE(file);
    constexpr sf_count_t begins = sf_count_t{4} * 3600 * 48'000 - 480;
    ASSERT_EQ(info.frames, begins + 20 * 480);
    std::array<float, 4800> heard{};
    const auto loudest_at = [&](sf_count_t place) {
        EXPECT_EQ(sf_seek(file.get(), place, SEEK_SET), place);
        EXPECT_EQ(sf_readf_float(file.get(), heard.data(), 4800), 4800);
        return std::ranges::max(heard, {}, [](float sample) { return std::abs(sample); });
    };
    EXPECT_LT(std::abs(loudest_at(begins / 2)), 0.01F);
    EXPECT_GT(std::abs(loudest_at(begins + 4800)), 0.1F);
}

TEST(FileSink, AFullDiskIsToldAtOnceAndNotAgain) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");  // the header of a .wav would be refused already
    std::filesystem::create_symlink("/dev/full", path);
    std::promise<DeviceChange> promise;
    std::atomic<int> times_told = 0;
    auto opened = open_file_sink(path, Channels::mono, std::make_unique<ManualClock>());
    ASSERT_TRUE(opened) << opened.error().message;
    auto& sink = **opened;
    auto told = promise.get_future();
    sink.on_device_change([&](const DeviceChange& change) {
        if (times_told++ == 0) {
            promise.set_value(change);
        }
    });
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (told.wait_for(milliseconds(1)) != std::future_status::ready) {
        ASSERT_LT(std::chrono::steady_clock::now(), give_up);
        sink.write(filled(0.5F));
    }
    const auto change = told.get();
    EXPECT_EQ(change.state, DeviceChange::State::lost);
    EXPECT_TRUE(change.message.contains("cannot write " + path)) << change.message;
    sink.write(filled(0.5F));
    EXPECT_TRUE(sink.close());
    EXPECT_EQ(times_told.load(), 1);
}

TEST(FileSink, CanBeReadWhileItIsWritten) {
    const platform::ScratchFolder folder;
    auto [clock, sink] = open(in(folder, "a.wav"));
    for (int k = 0; k < 10; ++k) {
        clock->set(sink->due(clock->now()));
        sink->write(filled(0.5F));
    }
    // The writer's own thread brings the file up to date a few times a second.
    SF_INFO info;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (read_samples(in(folder, "a.wav"), info).size() < 4800) {
        ASSERT_LT(std::chrono::steady_clock::now(), give_up);
        std::this_thread::yield();
    }
}

TEST(FileSink, SaysWhyAFileCannotBeWritten) {
    const platform::ScratchFolder folder;
    struct Case {
        std::string path;
        std::string why;
    };
    for (const auto& [path, why] :
         {Case{in(folder, "a.mp3"), "the name must end in .wav, .flac or .opus"},
          Case{in(folder, "no/a.wav"), "No such file or directory"}}) {
        const auto sink = open_file_sink(path);
        ASSERT_FALSE(sink) << path;
        EXPECT_EQ(sink.error().code, ErrorCode::io);
        EXPECT_EQ(sink.error().message, "cannot record to " + path + ": " + why);
    }
}

TEST(FileSink, SoMuchWaitsForASlowDiskAndTheRestIsToldAsAHole) {
    const platform::ScratchFolder folder;
    const auto write_at_once = [&](const char* name, std::size_t frames) {
        auto [clock, sink] = open(in(folder, name));
        for (std::size_t i = 0; i < frames; ++i) {
            clock->set(sink->due(clock->now()));
            sink->write(filled(0.5F));
        }
        return sink->close();
    };
    // Silent, so that what follows is at its place; at the end not there at all.
    const auto missing = [&](const char* name, std::size_t frames) {
        SF_INFO info;
        const auto samples = read_samples(in(folder, name), info);
        const auto there = std::ranges::count(samples, 0.5F);
        return frames * dsp::frame_samples - static_cast<std::size_t>(there);
    };
    constexpr std::size_t fit = recording_queue_samples / dsp::frame_samples;
    EXPECT_TRUE(write_at_once("a.wav", fit));
    EXPECT_EQ(missing("a.wav", fit), 0U);

    const auto hole = write_at_once("b.wav", 40 * fit);
    ASSERT_FALSE(hole);
    EXPECT_EQ(hole.error().code, ErrorCode::io);
    EXPECT_TRUE(hole.error().message.contains(
        std::format("for {} ms of sound", missing("b.wav", 40 * fit) / 48)))
        << hole.error().message;
}

TEST(NullSink, HasThePaceOfADevice) {
    const auto sink = open_null_sink();
    const auto now = SystemClock().now();
    EXPECT_EQ(sink->due(now), now);
    EXPECT_EQ(sink->started(), now + milliseconds(10));
    sink->write(filled(0));
    EXPECT_GE(sink->due(now), now + milliseconds(10));
}

}  // namespace
}  // namespace partyline::audio
