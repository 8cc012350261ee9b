// Sound through real devices: PulseAudio's, which need no hardware.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numbers>
#include <thread>

#include "audio/source.hpp"
#include "harness/server.hpp"
#include "harness/talkie.hpp"
#include "integration/sound_server.hpp"

namespace partyline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Buffer = std::array<float, dsp::frame_samples>;

constexpr SystemClock real_clock;
constexpr int stretches_max = 10;

/// Plays a tone until destroyed, at the sink's own pace.
class TonePlayer {
public:
    explicit TonePlayer(audio::Sink& sink)
        : thread_([&sink](const std::stop_token& stop) { play(sink, stop); }) {}

private:
    static void play(audio::Sink& sink, const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        for (std::uint64_t sample = 0; !stop.stop_requested();) {
            std::unique_lock lock(mutex);
            wake.wait_until(lock, stop, sink.due(real_clock.now()), [] { return false; });
            Buffer frame;
            for (auto& value : frame) {
                const auto phase = 2 * std::numbers::pi * 1000 * static_cast<double>(sample++);
                value = static_cast<float>(0.25 * std::sin(phase / dsp::sample_rate_hz));
            }
            sink.write(frame);
        }
    }

    std::jthread thread_;
};

double loudness(const Buffer& frame) {
    double sum = 0;
    for (const float sample : frame) {
        sum += static_cast<double>(sample) * static_cast<double>(sample);
    }
    return std::sqrt(sum / static_cast<double>(frame.size()));
}

/// Reads until `wanted` frames in a row have the tone in them (or have not); false after `within`.
bool hear(audio::Source& source, bool tone, int wanted = 20, Duration within = seconds(20)) {
    const auto deadline = real_clock.now() + within;
    int in_a_row = 0;
    for (Buffer frame; in_a_row < wanted && real_clock.now() < deadline;) {
        if (!source.read(frame)) {
            return false;
        }
        in_a_row = (loudness(frame) > 0.1) == tone ? in_a_row + 1 : 0;
    }
    return in_a_row >= wanted;
}

/// Whether 200 frames take 2 s, and the tone is missing in one of 20 at most.
testing::AssertionResult two_seconds_of_tone(audio::Source& source) {
    constexpr int frames = 200;
    constexpr auto missing_max = frames / 20;
    constexpr milliseconds off_max{100};
    const auto start = real_clock.now();
    int missing = 0;
    for (int i = 0; i < frames; ++i) {
        Buffer frame;
        if (!source.read(frame)) {
            return testing::AssertionFailure() << "the source has ended";
        }
        missing += loudness(frame) < 0.15 ? 1 : 0;
    }
    const auto off = real_clock.now() - start - frames * milliseconds(10);
    if (missing > missing_max || off > off_max || off < -off_max) {
        return testing::AssertionFailure() << missing << " frames without the tone, "
                                           << off / milliseconds(1) << " ms too late";
    }
    return testing::AssertionSuccess();
}

class Devices : public testing::Test {
protected:
    static std::unique_ptr<audio::Source> source(const std::string& name) {
        auto opened = audio::open_device_source(name);
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? *std::move(opened) : nullptr;
    }
    static std::unique_ptr<audio::Sink> sink(const std::string& name) {
        auto opened = audio::open_device_sink(name);
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? *std::move(opened) : nullptr;
    }
    /// What it is unplugged by.
    std::string plug_in_headset() {
        return server_.control(
            {"load-module", "module-null-sink", "sink_name=headset", "norewinds=1", "rate=48000"});
    }

    void TearDown() override {
        if (HasFailure()) {
            GTEST_LOG_(INFO) << server_.report();
        }
    }

    const harness::Scratch scratch_;
    integration::SoundServer server_{scratch_};
};

TEST_F(Devices, WhatIsPlayedIsHeardAtThePaceOfTime) {
    const auto speaker = sink("spk");
    const auto microphone = source("echo");
    ASSERT_TRUE(speaker && microphone);
    const TonePlayer player(*speaker);
    ASSERT_TRUE(hear(*microphone, true));
    EXPECT_NE(speaker->started(), TimePoint{});
    EXPECT_NE(microphone->started(), TimePoint{});

    // A machine that is busy elsewhere spoils one stretch or another, a wrong pace spoils them all.
    auto heard = testing::AssertionFailure();
    for (int stretch = 0; stretch < stretches_max && !heard; ++stretch) {
        heard = two_seconds_of_tone(*microphone);
    }
    EXPECT_TRUE(heard) << "; " << speaker->underruns() << " underruns";
}

TEST_F(Devices, AMicrophoneGivesNothingFromBeforeItsFirstRead) {
    const auto speaker = sink("spk");
    const auto witness = source("echo");
    ASSERT_TRUE(speaker && witness);
    std::unique_ptr<audio::Source> microphone;
    {
        const TonePlayer player(*speaker);
        ASSERT_TRUE(hear(*witness, true));
        microphone = source("echo");
        ASSERT_TRUE(microphone);
        ASSERT_TRUE(hear(*witness, true, 60)) << "as long as a device's ring lasts";
    }
    // So long that what was captured before is in the microphone's ring, or was, however late its
    // thread came to it.
    ASSERT_TRUE(hear(*witness, false, 100));
    for (int i = 0; i < 40; ++i) {
        Buffer frame;
        ASSERT_TRUE(microphone->read(frame));
        ASSERT_LT(loudness(frame), 0.1) << i;
    }
}

TEST_F(Devices, TheDefaultIsFollowed) {
    const auto speaker = sink("");
    const auto microphone = source("echo");
    ASSERT_TRUE(speaker && microphone);
    const TonePlayer player(*speaker);
    ASSERT_TRUE(hear(*microphone, true));
    server_.control({"set-default-sink", "micfeed"});
    EXPECT_TRUE(hear(*microphone, false));
    server_.control({"set-default-sink", "spk"});
    EXPECT_TRUE(hear(*microphone, true));
}

TEST_F(Devices, AChosenDeviceThatVanishesIsReplacedUntilItIsBack) {
    const auto headset = plug_in_headset();
    const auto speaker = sink("headset");
    const auto microphone = source("echo");  // hears the default speaker
    ASSERT_TRUE(speaker && microphone);
    const TonePlayer player(*speaker);
    ASSERT_TRUE(hear(*microphone, false, 50)) << "the headset is not the default";
    server_.control({"unload-module", headset});
    EXPECT_TRUE(hear(*microphone, true)) << "the default stands in";
    plug_in_headset();
    EXPECT_TRUE(hear(*microphone, false)) << "the chosen one is back";
}

TEST_F(Devices, APersonIsToldWhatBecomesOfTheirDevice) {
    const auto headset = plug_in_headset();
    const harness::ServerProcess switchboard(scratch_, {});
    harness::TalkieProcess ada(
        scratch_,
        {.name = "ada", .port = switchboard.port(), .join = "Lobby", .speaker = "device:headset"});
    ada.wait("room_entered");
    server_.control({"unload-module", headset});
    const auto gone = ada.wait("device", "state", "stand_in");
    EXPECT_EQ(gone["what"], "playout");
    EXPECT_NE(gone["message"].get<std::string>().find("\"headset\" is gone"), std::string::npos);
    // A machine that was held up may have told of one that had stopped, and runs again, before.
    const auto without = ada.mark();
    plug_in_headset();
    ada.wait("device", "state", "back", without);
    EXPECT_EQ(ada.quit(), 0);
}

TEST_F(Devices, TheSoundServersDeathIsSurvived) {
    const auto speaker = sink("");
    const auto microphone = source("echo");
    ASSERT_TRUE(speaker && microphone);
    const TonePlayer player(*speaker);
    ASSERT_TRUE(hear(*microphone, true));
    server_.kill();
    // Nobody captures or plays; both go on with silence at the pace of time.
    EXPECT_TRUE(hear(*microphone, false, 100));
    server_.start();
    EXPECT_TRUE(hear(*microphone, true));
}

TEST_F(Devices, AStoppedSourceReturns) {
    const auto microphone = source("mic");
    ASSERT_TRUE(microphone);
    std::jthread reader([&] {
        for (Buffer frame; microphone->read(frame);) {
        }
    });
    microphone->stop();
    reader.join();
    Buffer frame;
    EXPECT_FALSE(microphone->read(frame));
}

TEST_F(Devices, AWrongNameIsToldWithTheRightOnes) {
    const auto missing = audio::open_device_source("trumpet");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::io);
    const auto& message = missing.error().message;
    EXPECT_TRUE(message.starts_with("there is no microphone \"trumpet\"; the microphones are:"))
        << message;
    EXPECT_NE(message.find("\"Microphone\" (mic)"), std::string::npos) << message;
}

TEST(NoDevices, AreToldOf) {
    ::setenv("PULSE_SERVER", "unix:/nonexistent", 1);
    const auto none = audio::open_device_sink("");
    ::unsetenv("PULSE_SERVER");
    // A machine with a sound card has one after all.
    if (!none) {
        EXPECT_EQ(none.error().code, ErrorCode::io);
        EXPECT_FALSE(none.error().message.empty());
    }
}

}  // namespace
}  // namespace partyline
