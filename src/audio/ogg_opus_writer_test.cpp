#include "audio/ogg_opus_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "audio/file_test_support.hpp"
#include "audio/sound_file.hpp"
#include "audio/sound_writer.hpp"
#include "dsp/format.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::audio {
namespace {

constexpr std::size_t second = dsp::sample_rate_hz;
constexpr std::size_t hour = 3600 * second;

/// High enough that a sample more or less is heard, and of no short period.
std::vector<float> two_tones(std::size_t samples) {
    std::vector<float> out(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        const double turns = 2 * std::numbers::pi * static_cast<double>(i) / dsp::sample_rate_hz;
        out[i] = static_cast<float>(0.25 * std::sin(3000 * turns) + 0.25 * std::sin(437 * turns));
    }
    return out;
}

/// A file that is read where one likes.
class Read {
public:
    explicit Read(const std::string& path) : file_(sf_open(path.c_str(), SFM_READ, &info)) {
        EXPECT_TRUE(file_) << path;
    }
    std::vector<float> at(std::size_t sample, std::size_t count) {
        std::vector<float> out(count * static_cast<std::size_t>(info.channels));
        const auto place = static_cast<sf_count_t>(sample);
        EXPECT_EQ(sf_seek(file_.get(), place, SEEK_SET), place);
        EXPECT_EQ(sf_readf_float(file_.get(), out.data(), static_cast<sf_count_t>(count)),
                  static_cast<sf_count_t>(count));
        return out;
    }
    [[nodiscard]] std::size_t frames() const { return static_cast<std::size_t>(info.frames); }
    SF_INFO info{};

private:
    SoundFile file_;
};

/// What differs, when `sound` is taken to be `shift` samples later in `heard` than `from`.
double difference(std::span<const float> heard, std::span<const float> sound, std::size_t from,
                  std::ptrdiff_t shift) {
    double sum = 0;
    for (std::size_t i = 2000; i + 2000 < sound.size(); ++i) {
        const auto place = static_cast<std::ptrdiff_t>(from + i) + shift;
        sum += std::pow(double{heard[static_cast<std::size_t>(place)]} - double{sound[i]}, 2);
    }
    return sum;
}

void expect_in_place(std::span<const float> heard, std::span<const float> sound, std::size_t from) {
    const double in_place = difference(heard, sound, from, 0);
    for (const std::ptrdiff_t shift : {-960, -16, -1, 1, 16, 960}) {
        EXPECT_LT(in_place, difference(heard, sound, from, shift) / 10) << shift;
    }
}

TEST(OggOpusWriter, WhoFirstSpeaksAfterHoursIsInPlaceToTheSampleWithoutHoursOfWork) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "late.opus");
    const auto sound = two_tones(second);
    constexpr std::size_t begins = 6 * hour - 12'345;
    auto writer = OggOpusWriter::create(path, Channels::mono);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->write_silence(begins));
    EXPECT_LT(writer->packets_encoded(), 20U) << "of more than a million";
    ASSERT_TRUE(writer->write(sound));
    ASSERT_TRUE(writer->close());
    EXPECT_LT(writer->packets_encoded(), 80U);
    Read file(path);
    EXPECT_EQ(file.frames(), begins + second);
    EXPECT_LT(std::filesystem::file_size(path), 6'000'000U);
    constexpr std::size_t before = 4'800;
    const auto heard = file.at(begins - before, before + sound.size());
    expect_in_place(heard, sound, before);
    for (std::size_t i = 0; i + 960 < before; ++i) {
        ASSERT_NEAR(heard[i], 0, 1e-3) << i;
    }
}

TEST(OggOpusWriter, SilenceBetweenWordsIsAsLongAsItWas) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    const auto sound = two_tones(second / 2);
    std::vector<std::size_t> words;
    std::size_t at = 0;
    auto writer = OggOpusWriter::create(path, Channels::mono);
    ASSERT_TRUE(writer) << writer.error().message;
    for (const std::size_t gap : {std::size_t{7}, 3 * second + 1, hour, 20 * second + 959}) {
        ASSERT_TRUE(writer->write_silence(gap));
        words.push_back(at + gap);
        ASSERT_TRUE(writer->write(sound));
        at = words.back() + sound.size();
    }
    ASSERT_TRUE(writer->close());
    Read file(path);
    EXPECT_EQ(file.frames(), at);
    for (const auto word : words) {
        expect_in_place(file.at(word, sound.size()), sound, 0);
    }
}

TEST(OggOpusWriter, OfAnyLengthNothingIsMissingAndNothingTooMuch) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    for (const auto channels : {Channels::mono, Channels::stereo}) {
        const auto width = static_cast<std::size_t>(channels);
        for (const std::size_t samples : {1U, 647U, 648U, 649U, 960U, 961U, 48'007U}) {
            auto writer = OggOpusWriter::create(path, channels);
            ASSERT_TRUE(writer) << writer.error().message;
            EXPECT_TRUE(writer->write(two_tones(width * samples)));
            EXPECT_TRUE(writer->flush());
            EXPECT_TRUE(writer->close());
            SF_INFO info;
            EXPECT_EQ(read_samples(path, info).size(), width * samples);
            EXPECT_EQ(info.channels, static_cast<int>(width));
            EXPECT_EQ(info.samplerate, 48'000);
        }
    }
}

TEST(OggOpusWriter, LeftAndRightStayWhatTheyAre) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    const auto sound = two_tones(second);
    std::vector<float> both(2 * sound.size());
    for (std::size_t i = 0; i < sound.size(); ++i) {
        both[2 * i] = sound[i];
    }
    auto writer = OggOpusWriter::create(path, Channels::stereo);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->write_silence(hour));
    ASSERT_TRUE(writer->write(both));
    ASSERT_TRUE(writer->close());
    const auto heard = Read(path).at(hour, sound.size());
    double left = 0;
    double right = 0;
    for (std::size_t i = 0; i < sound.size(); ++i) {
        left += std::pow(double{heard[2 * i]}, 2);
        right += std::pow(double{heard[2 * i + 1]}, 2);
    }
    EXPECT_GT(left, 1000);
    EXPECT_LT(right, left / 100);
}

TEST(OggOpusWriter, ADiskThatTakesNoMoreIsTold) {
    const platform::ScratchFolder folder;
    const auto path = in(folder, "a.opus");
    std::filesystem::create_symlink("/dev/full", path);
    auto writer = OggOpusWriter::create(path, Channels::mono);
    ASSERT_TRUE(writer) << writer.error().message;
    EXPECT_TRUE(writer->failure().empty());
    EXPECT_FALSE(writer->flush());
    EXPECT_FALSE(writer->failure().empty());
    EXPECT_FALSE(writer->write(two_tones(second)));
    EXPECT_FALSE(writer->write_silence(second));
    EXPECT_FALSE(writer->close());
    // And through what everybody uses.
    auto sound = SoundWriter::create(path);
    ASSERT_TRUE(sound);
    ASSERT_TRUE(sound->write(two_tones(1'000)));
    sound->flush();
    const auto refused = sound->write_silence(hour);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.starts_with("cannot write " + path + ": "))
        << refused.error().message;
    EXPECT_FALSE(sound->close());
}

TEST(OggOpusWriter, AFileThatCannotBeMadeIsToldOf) {
    const platform::ScratchFolder folder;
    std::filesystem::create_directory(in(folder, "folder.opus"));
    for (const auto& [name, why] : {std::pair{"no/a.opus", "No such file or directory"},
                                    std::pair{"folder.opus", "that is a folder"}}) {
        const auto writer = OggOpusWriter::create(in(folder, name), Channels::mono);
        ASSERT_FALSE(writer) << name;
        EXPECT_EQ(writer.error().code, ErrorCode::io);
        EXPECT_EQ(writer.error().message, "cannot record to " + in(folder, name) + ": " + why);
    }
}

}  // namespace
}  // namespace partyline::audio
