#include "audio/sound_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <vector>

#include "audio/file_test_support.hpp"
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

TEST(SoundReader, SaysWhatItCouldNotDo) {
    const auto none = SoundReader::open("/nonexistent/a.wav", "learn from");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message,
              "cannot learn from /nonexistent/a.wav: No such file or directory");
}

}  // namespace
}  // namespace partyline::audio
