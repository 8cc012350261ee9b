#include "audio/file_source.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cmath>
#include <fstream>
#include <numbers>
#include <string>
#include <thread>
#include <vector>

#include "audio/file_test_support.hpp"

namespace partyline::audio {
namespace {

using std::chrono::milliseconds;
using Buffer = std::array<float, dsp::frame_samples>;

std::vector<float> tone(double rate_hz, double seconds, int channels = 1) {
    std::vector<float> samples;
    const auto frames = static_cast<int>(rate_hz * seconds);
    for (int i = 0; i < frames; ++i) {
        const double phase = 2 * std::numbers::pi * 440 * i / rate_hz;
        samples.insert(samples.end(), static_cast<std::size_t>(channels),
                       static_cast<float>(0.5 * std::sin(phase)));
    }
    return samples;
}

std::unique_ptr<Source> open(const std::string& path, const FileSourceOptions& options,
                             ManualPace** pace = nullptr) {
    auto owned = std::make_unique<ManualPace>();
    if (pace != nullptr) {
        *pace = owned.get();
    }
    auto source = open_file_source(path, options, std::move(owned));
    EXPECT_TRUE(source) << source.error().message;
    return source ? *std::move(source) : nullptr;
}

TEST(FileSource, AFrameIsCapturedEveryTenMillisecondsWhateverTheReaderDoes) {
    const platform::ScratchFolder folder;
    write_samples(in(folder, "a.wav"), {}, tone(48'000, 1));
    ManualPace* pace = nullptr;
    const auto source = open(in(folder, "a.wav"), {}, &pace);
    EXPECT_EQ(source->started(), TimePoint{});
    Buffer frame;
    const auto start = pace->now();
    for (int k = 0; k < 10; ++k) {
        ASSERT_TRUE(source->read(frame));
        EXPECT_EQ(pace->now(), start + (k + 1) * milliseconds(10));
        EXPECT_EQ(source->waited(), Duration{});
        pace->advance(milliseconds(3));  // a reader that takes its time delays nothing
    }
    pace->advance(milliseconds(50));
    const auto stalled_until = pace->now();
    for (int k = 10; k < 15; ++k) {
        ASSERT_TRUE(source->read(frame));
        EXPECT_EQ(pace->now(), stalled_until) << "catches up";
        EXPECT_EQ(source->waited(), stalled_until - (start + (k + 1) * milliseconds(10)));
    }
    ASSERT_TRUE(source->read(frame));
    EXPECT_EQ(pace->now(), start + milliseconds(160));
    EXPECT_EQ(source->started(), start);
}

TEST(FileSource, OfTwoChannelsBothAreRead) {
    const platform::ScratchFolder folder;
    for (const int rate_hz : {48'000, 44'100}) {
        auto samples = tone(rate_hz, 1, 2);
        for (std::size_t i = 1; i < samples.size(); i += 2) {
            samples[i] *= 0.25F;  // on the right
        }
        write_samples(in(folder, "a.wav"), {.rate_hz = rate_hz, .channels = 2}, samples);
        const auto source = open(in(folder, "a.wav"), {});
        Buffer mid;
        Buffer side;
        double left = 0;
        double right = 0;
        for (int k = 0; k < 90; ++k) {
            // Whoever wants mono now and then does not lose the other's place.
            ASSERT_TRUE(k % 7 == 6 ? source->read(mid) : source->read(mid, side));
            for (std::size_t i = 0; i < mid.size() && k % 7 != 6; ++i) {
                left += std::pow(double{mid[i]} + double{side[i]}, 2);
                right += std::pow(double{mid[i]} - double{side[i]}, 2);
                ASSERT_NEAR(mid[i] - side[i], 0.25F * (mid[i] + side[i]), 1e-3F) << k << " " << i;
            }
        }
        EXPECT_NEAR(right / left, 1.0 / 16, 0.001);
    }
    write_samples(in(folder, "mono.wav"), {}, tone(48'000, 1));
    const auto mono = open(in(folder, "mono.wav"), {});
    Buffer mid;
    auto side = Buffer{};
    side.fill(1);
    ASSERT_TRUE(mono->read(mid, side));
    EXPECT_EQ(side, Buffer{});
}

TEST(FileSource, APipeIsOpenedOnceAndHasBothChannels) {
    const platform::ScratchFolder folder;
    // As raw as what a player writes into a pipe may be: a header that does not know the length.
    auto samples = tone(44'100, 0.5, 2);
    for (std::size_t i = 1; i < samples.size(); i += 2) {
        samples[i] *= -1;  // all of it is side
    }
    write_samples(in(folder, "a.au"),
                  {.format = SF_FORMAT_AU | SF_FORMAT_PCM_16, .rate_hz = 44'100, .channels = 2},
                  samples);
    const auto pipe = in(folder, "pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::jthread player([&] {
        std::ifstream from(in(folder, "a.au"), std::ios::binary);
        std::ofstream to(pipe, std::ios::binary);
        to << from.rdbuf();
    });
    const auto source = open(pipe, {.silence_after = false});
    ASSERT_TRUE(source);
    double mids = 0;
    double sides = 0;
    int frames = 0;
    Buffer mid;
    Buffer side;
    for (; source->read(mid, side); ++frames) {
        for (std::size_t i = 0; i < mid.size(); ++i) {
            mids += std::pow(mid[i], 2);
            sides += std::pow(side[i], 2);
        }
    }
    EXPECT_NEAR(frames, 50, 1) << "nothing of it is lost";
    EXPECT_NEAR(sides / (frames * 480), 0.125, 0.01);
    EXPECT_LT(mids, 1e-6 * sides);
}

/// Ten frames that are alike, as a player writes them into a pipe. They are decoded in blocks of 1024 samples: while
/// the pipe stays open the last two wait for their block's rest.
class Player {
public:
    explicit Player(const platform::ScratchFolder& folder) : path_(in(folder, "pipe")) {
        EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
        write_samples(in(folder, "a.au"), {.format = SF_FORMAT_AU | SF_FORMAT_FLOAT},
                      std::vector<float>(10 * dsp::frame_samples, 0.5F));
        sound_ = in(folder, "a.au");
        half.fill(0.5F);
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    void play() {
        pipe_.open(path_, std::ios::binary);
        pipe_ << std::ifstream(sound_, std::ios::binary).rdbuf() << std::flush;
    }
    void end() { pipe_.close(); }

    Buffer half;

private:
    std::string path_;
    std::string sound_;
    std::ofstream pipe_;
};

TEST(FileSource, WhoeverWaitsForAPipeCanBeInterruptedAndMissesNothing) {
    const platform::ScratchFolder folder;
    Player player(folder);
    const auto source = open(player.path(), {.silence_after = false});
    ASSERT_TRUE(source);
    Buffer frame;
    const auto interrupted = [&] {
        bool got = true;
        {
            const std::jthread reader([&] { got = source->read(frame); });
            source->stop();
        }
        source->resume();
        return !got && !source->finished();
    };
    EXPECT_TRUE(interrupted()) << "nobody writes yet";
    player.play();
    for (int k = 0; k < 8; ++k) {
        ASSERT_TRUE(source->read(frame));
        EXPECT_EQ(frame, player.half) << k;
    }
    EXPECT_TRUE(interrupted()) << "who writes pauses";
    player.end();
    for (int k = 0; k < 2; ++k) {
        ASSERT_TRUE(source->read(frame));
        EXPECT_EQ(frame, player.half) << k;
    }
    EXPECT_FALSE(source->read(frame));
    EXPECT_TRUE(source->finished());
}

TEST(FileSource, APipeIsSilentWhileNobodyWritesIntoIt) {
    const platform::ScratchFolder folder;
    Player player(folder);
    ManualPace* pace = nullptr;
    const auto source = open(player.path(), {}, &pace);
    ASSERT_TRUE(source);
    Buffer frame;
    int heard = 0;
    player.play();
    while (heard < 8) {
        ASSERT_TRUE(source->read(frame));
        ASSERT_TRUE(frame == player.half || frame == Buffer{});
        heard += frame == player.half ? 1 : 0;
    }
    pace->advance(std::chrono::seconds(1));
    for (int k = 0; k < 50; ++k) {
        ASSERT_TRUE(source->read(frame));
        ASSERT_EQ(frame, Buffer{}) << k;
    }
    EXPECT_FALSE(source->finished()) << "there may be more";
    player.end();
    while (!source->finished()) {
        ASSERT_TRUE(source->read(frame));
        heard += frame == player.half ? 1 : 0;
    }
    EXPECT_EQ(heard, 10);
}

TEST(FileSource, APipeIsLeftWhoeverStillWrites) {
    const platform::ScratchFolder folder;
    Player player(folder);
    open(player.path(), {}).reset();  // nobody yet
    auto source = open(player.path(), {.silence_after = false});
    ASSERT_TRUE(source);
    player.play();
    Buffer frame;
    ASSERT_TRUE(source->read(frame));
    source.reset();  // in the middle of it
}

TEST(FileSource, WhatIsNoSoundInAPipeIsToldToWhoeverListens) {
    const platform::ScratchFolder folder;
    const auto pipe = in(folder, "pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto source = open(pipe, {.silence_after = false});
    ASSERT_TRUE(source);
    std::ofstream(pipe, std::ios::binary) << "This is no sound.";
    Buffer frame;
    EXPECT_FALSE(source->read(frame));
    EXPECT_TRUE(source->finished());
    std::string told;
    source->on_device_change([&](const DeviceChange& change) { told = change.message; });
    EXPECT_TRUE(told.starts_with("cannot play " + pipe + ": ")) << told;
}

TEST(FileSource, APipeThatIsStoppedBeforeAnythingCameHasNotStarted) {
    const platform::ScratchFolder folder;
    const auto pipe = in(folder, "pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto source = open(pipe, {.silence_after = false});
    ASSERT_TRUE(source);
    source->stop();
    Buffer frame;
    EXPECT_FALSE(source->read(frame));
    EXPECT_EQ(source->started(), TimePoint{});
}

TEST(FileSource, GoesOnWhereItStoodAfterAStop) {
    const platform::ScratchFolder folder;
    const auto samples = tone(48'000, 1);
    write_samples(in(folder, "a.wav"), {}, samples);
    ManualPace* pace = nullptr;
    const auto source = open(in(folder, "a.wav"), {}, &pace);
    const auto start = pace->now();
    Buffer frame;
    ASSERT_TRUE(source->read(frame));
    source->stop();
    EXPECT_FALSE(source->read(frame)) << "this frame is lost";
    pace->advance(std::chrono::seconds(5));
    source->resume();
    pace->advance(std::chrono::seconds(8));  // until there is somebody to hear it
    const auto read_on = pace->now();
    ASSERT_TRUE(source->read(frame));
    EXPECT_EQ(frame[1], samples[961]);
    EXPECT_EQ(pace->now(), read_on + milliseconds(10)) << "at the pace of time, not catching up";
    ASSERT_TRUE(source->read(frame));
    EXPECT_EQ(pace->now(), read_on + milliseconds(20));
    EXPECT_EQ(source->started(), start);
}

TEST(FileSource, GivesTheFileSampleForSampleThenSilence) {
    const platform::ScratchFolder folder;
    const auto samples = tone(48'000, 0.025);
    write_samples(in(folder, "a.wav"), {}, samples);
    const auto source = open(in(folder, "a.wav"), {});
    std::vector<float> heard;
    Buffer frame;
    for (int k = 0; k < 5; ++k) {
        EXPECT_EQ(source->finished(), k > 3);
        ASSERT_TRUE(source->read(frame));
        heard.insert(heard.end(), frame.begin(), frame.end());
    }
    ASSERT_EQ(samples.size(), 1200U);
    for (std::size_t i = 0; i < heard.size(); ++i) {
        ASSERT_EQ(heard[i], i < samples.size() ? samples[i] : 0.0F) << i;
    }
}

TEST(FileSource, EndsWithTheFileWhenAskedTo) {
    const platform::ScratchFolder folder;
    write_samples(in(folder, "a.wav"), {}, tone(48'000, 0.025));
    const auto source = open(in(folder, "a.wav"), {.silence_after = false});
    Buffer frame;
    for (int k = 0; k < 3; ++k) {
        EXPECT_TRUE(source->read(frame)) << k;
    }
    EXPECT_FALSE(source->read(frame));
    EXPECT_TRUE(source->finished());
}

TEST(FileSource, LoopsWithoutAGap) {
    const platform::ScratchFolder folder;
    write_samples(in(folder, "a.wav"), {}, std::vector<float>(1000, 0.25F));
    const auto source = open(in(folder, "a.wav"), {.loop = true});
    Buffer frame;
    for (int k = 0; k < 100; ++k) {
        ASSERT_TRUE(source->read(frame));
        for (const float sample : frame) {
            ASSERT_NEAR(sample, 0.25F, 0.05F) << k;
        }
    }
    EXPECT_FALSE(source->finished());
}

TEST(FileSource, TakesAnyRateAndChannels) {
    const platform::ScratchFolder folder;
    for (const auto& format : {SoundFormat{.rate_hz = 16'000},
                               {.rate_hz = 44'100, .channels = 2},
                               {.format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16, .rate_hz = 96'000},
                               {.format = SF_FORMAT_OGG | SF_FORMAT_VORBIS, .rate_hz = 22'050}}) {
        const auto path = in(folder, "sound");
        write_samples(path, format, tone(format.rate_hz, 0.5, format.channels));
        const auto source = open(path, {.silence_after = false});
        const auto wanted = tone(48'000, 0.5);
        std::vector<float> heard;
        for (Buffer frame; source->read(frame);) {
            heard.insert(heard.end(), frame.begin(), frame.end());
        }
        ASSERT_GE(heard.size(), wanted.size());
        ASSERT_LT(heard.size(), wanted.size() + dsp::frame_samples);
        double error = 0;
        // Vorbis and the filter's edges are not exact.
        for (std::size_t i = 2400; i < wanted.size() - 2400; ++i) {
            error += std::pow(static_cast<double>(heard[i] - wanted[i]), 2);
        }
        EXPECT_LT(std::sqrt(error / static_cast<double>(wanted.size())), 0.01) << format.rate_hz;
    }
}

TEST(FileSource, StopEndsAReadThatWaits) {
    const platform::ScratchFolder folder;
    write_samples(in(folder, "a.wav"), {}, tone(48'000, 1));
    auto opened = open_file_source(in(folder, "a.wav"), {});
    ASSERT_TRUE(opened) << opened.error().message;
    Buffer frame;
    std::jthread reader([&] {
        while ((*opened)->read(frame)) {
        }
    });
    (*opened)->stop();
    reader.join();
    EXPECT_FALSE((*opened)->read(frame));
}

TEST(FileSource, SaysWhyAFileCannotBePlayed) {
    const platform::ScratchFolder folder;
    write_samples(in(folder, "not-sound"), {}, {});
    std::filesystem::resize_file(in(folder, "not-sound"), 3);
    struct Case {
        std::string path;
        std::string why;
    };
    for (const auto& [path, why] :
         {Case{in(folder, "none.wav"), "No such file or directory"},
          Case{folder.path().string(), "that is a folder"}, Case{in(folder, "not-sound"), ""}}) {
        const auto source = open_file_source(path, {});
        ASSERT_FALSE(source) << path;
        EXPECT_EQ(source.error().code, ErrorCode::io);
        EXPECT_TRUE(source.error().message.starts_with("cannot play " + path + ": " + why))
            << source.error().message;
    }
}

}  // namespace
}  // namespace partyline::audio
