#include "audio/sound_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <format>
#include <numbers>
#include <span>
#include <vector>

#include "audio/file_test_support.hpp"
#include "audio/limits.hpp"
#include "audio/sound_reader.hpp"

namespace partyline::audio {
namespace {

std::vector<float> tone(std::size_t samples) {
    std::vector<float> out(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        out[i] = 0.5F * static_cast<float>(
                            std::sin(2 * std::numbers::pi * 300 * static_cast<double>(i) / 48'000));
    }
    return out;
}

TEST(SoundWriter, OpusHasTheSameLengthAndAlmostTheSameSound) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    const auto sound = tone(48'000 + 7);
    auto writer = SoundWriter::create(path);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->write(std::span(sound).first(1000)));
    writer->flush();
    ASSERT_TRUE(writer->write(std::span(sound).subspan(1000)));
    ASSERT_TRUE(writer->close());
    SF_INFO info;
    const auto heard = read_samples(path, info);
    EXPECT_EQ(info.format & SF_FORMAT_SUBMASK, SF_FORMAT_OPUS);
    ASSERT_EQ(heard.size(), sound.size());
    for (std::size_t i = 5000; i < 43'000; ++i) {
        ASSERT_NEAR(heard[i], sound[i], 0.1F) << i;
    }
}

TEST(SoundWriter, ADiskThatTakesNoMoreIsToldAtOnceAndAgainAtTheEnd) {
    const platform::ScratchFolder folder;
    for (const auto* name : {"a.wav", "a.flac"}) {
        const auto path = in(folder, name);
        std::filesystem::create_symlink("/dev/full", path);
        auto writer = SoundWriter::create(path);
        if (!writer) {
            EXPECT_EQ(writer.error().code, ErrorCode::io);
            continue;  // its header is refused
        }
        Result<void> written;
        for (int second = 0; second < 10 && written; ++second) {
            written = writer->write(tone(48'000));
        }
        ASSERT_FALSE(written) << name;
        EXPECT_EQ(written.error().code, ErrorCode::io);
        EXPECT_TRUE(written.error().message.starts_with("cannot write " + path + ": "))
            << written.error().message;
        EXPECT_FALSE(writer->close());
    }
}

TEST(SoundReader, TellsHowAFileIsBeforeItIsMixedDownAndResampled) {
    const platform::ScratchFolder folder;
    write_samples(in(folder, "a.wav"), {.rate_hz = 16'000, .channels = 2}, tone(3200));
    auto reader = SoundReader::open(in(folder, "a.wav"), "read");
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->shape(), (SoundShape{.rate_hz = 16'000, .channels = 2, .samples = 1600}));
    std::array<float, dsp::frame_samples> frame;
    int frames = 0;
    while (reader->read(frame)) {
        ++frames;
    }
    EXPECT_EQ(frames, 10);
}

TEST(SoundWriter, AnOpusFileCanBeReadWhileItIsWritten) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    const auto sound = tone(3 * 48'000);
    auto writer = SoundWriter::create(path);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->write(sound));
    writer->flush();
    std::filesystem::copy_file(path, in(folder, "killed.opus"));
    SF_INFO info;
    const auto heard = read_samples(in(folder, "killed.opus"), info);
    const auto missing = periods(300) - length_of(heard.size());
    EXPECT_LE(missing, 2 * recording_flush_period) << heard.size();
    EXPECT_TRUE(writer->close());
}

TEST(SoundWriter, AFileThatIsFullTakesTheRestNoMore) {
    // A .wav file counts its bytes; what is written to this one goes nowhere.
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.wav");
    std::filesystem::create_symlink("/dev/null", path);
    for (const auto channels : {Channels::mono, Channels::stereo}) {
        auto writer = SoundWriter::create(path, channels);
        ASSERT_TRUE(writer) << writer.error().message;
        const std::vector<float> much(std::size_t{1} << 25U);
        std::uint64_t written = 0;
        while (recording_samples_max - written > much.size()) {
            ASSERT_TRUE(writer->write(much)) << written;
            written += much.size();
        }
        const auto room = static_cast<std::size_t>(recording_samples_max - written);
        const auto width = static_cast<std::size_t>(channels);
        ASSERT_TRUE(writer->write(std::span(much).first(room / width * width))) << "to the last";
        const auto full = writer->write(std::span(much).first(width));
        ASSERT_FALSE(full);
        EXPECT_EQ(full.error().code, ErrorCode::io);
        EXPECT_TRUE(full.error().message.contains("the file is full")) << full.error().message;
        EXPECT_FALSE(writer->close()) << "and it is told at the end";
    }
}

TEST(SoundReader, TakesFilesUpToTheLimitsAndSaysWhatIsBeyondThem) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.wav");
    const auto opens = [&](int rate_hz, int channels) {
        write_samples(path, {.rate_hz = rate_hz, .channels = channels},
                      tone(static_cast<std::size_t>(channels) * 1000));
        const auto reader = SoundReader::open(path, "play");
        if (!reader) {
            EXPECT_EQ(reader.error().code, ErrorCode::io);
            EXPECT_EQ(reader.error().message,
                      std::format("cannot play {}: {} channels at {} Hz is not supported", path,
                                  channels, rate_hz));
        }
        return reader.has_value();
    };
    EXPECT_TRUE(opens(file_rate_hz_min, 1));
    EXPECT_FALSE(opens(file_rate_hz_min - 1, 1));
    EXPECT_TRUE(opens(file_rate_hz_max, 1));
    EXPECT_FALSE(opens(file_rate_hz_max + 1, 1));
    EXPECT_TRUE(opens(48'000, file_channels_max));
    EXPECT_FALSE(opens(48'000, file_channels_max + 1));
}

TEST(SoundReader, SaysWhatItCouldNotDo) {
    const auto none = SoundReader::open("/nonexistent/a.wav", "learn from");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message,
              "cannot learn from /nonexistent/a.wav: No such file or directory");
}

}  // namespace
}  // namespace partyline::audio
