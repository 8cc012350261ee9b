#include "client/chain_trial.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "audio/limits.hpp"
#include "audio/sound_reader.hpp"
#include "audio/sound_writer.hpp"
#include "client/limits.hpp"
#include "client/test_support.hpp"
#include "dsp/pre_roll.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::client {
namespace {

/// Files of buzzes and silences, in seconds.
class ChainTrial : public testing::Test {
protected:
    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / name; }

    std::string write(const std::string& name, const std::vector<std::pair<float, double>>& parts) {
        auto file = audio::SoundWriter::create(path(name)).value();
        dsp::MediaTime time = 0;
        for (const auto& [loudness, seconds] : parts) {
            for (int frame = 0; frame < static_cast<int>(seconds * 100); ++frame) {
                auto samples = test::buzz(time);
                for (float& sample : samples) {
                    sample *= loudness;
                }
                EXPECT_TRUE(file.write(samples));
                time += dsp::frame_samples;
            }
        }
        EXPECT_TRUE(file.close());
        return path(name);
    }
    static std::vector<float> read(const std::string& name) {
        auto file = audio::SoundReader::open(name, "read").value();
        std::vector<float> all;
        for (test::Samples frame; file.read(frame);) {
            all.insert(all.end(), frame.begin(), frame.end());
        }
        return all;
    }
    [[nodiscard]] Result<TrialReport> run(const TrialRequest& request) const {
        return try_chain(request, clock_);
    }
    void expect_failure(const TrialRequest& request, ErrorCode code, const std::string& words) {
        const auto report = run(request);
        ASSERT_FALSE(report) << words;
        EXPECT_EQ(report.error().code, code);
        EXPECT_NE(report.error().message.find(words), std::string::npos) << report.error().message;
    }

private:
    const platform::ScratchFolder folder_;
    const ManualClock clock_;
};

TEST_F(ChainTrial, WithNothingDoneAllIsSentAsItCame) {
    const auto in = write("in.wav", {{0.5F, 1.0}});
    const auto report = run({.in = in, .out = path("out.wav"), .capture = {}});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(read(path("out.wav")), read(in));
    EXPECT_EQ(report->in.rate_hz, 48'000U);
    EXPECT_DOUBLE_EQ(report->in.seconds, 1.0);
    EXPECT_EQ(report->level_out.mean_dbfs, report->level_in.mean_dbfs);
    EXPECT_GE(report->packets, 95U) << "but for what the codec takes for silence";
    EXPECT_EQ(report->delay_ms, 0);
    EXPECT_FALSE(report->echo);
}

/// A .wav file of so many samples of silence, which take no room on the disk.
void write_long(const std::string& path, unsigned rate_hz, std::uint32_t samples) {
    std::string header = "RIFF????WAVEfmt ";
    const auto put = [&header](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) {
            header.push_back(static_cast<char>(value >> (8 * i)));
        }
    };
    for (const auto& [value, bytes] :
         {std::pair{16U, 4}, {1U, 2}, {1U, 2}, {rate_hz, 4}, {rate_hz, 4}, {1U, 2}, {8U, 2}}) {
        put(value, bytes);
    }
    header += "data";
    put(samples, 4);
    const auto rest = static_cast<std::uint32_t>(header.size()) + samples - 8;
    std::ofstream(path, std::ios::binary) << header;
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4);
    for (int i = 0; i < 4; ++i) {
        file.put(static_cast<char>(rest >> (8 * i)));
    }
    file.close();
    std::filesystem::resize_file(path, header.size() + samples);
}

TEST_F(ChainTrial, ARecordingMayBeSoLongAndNoLonger) {
    constexpr unsigned rate_hz = audio::file_rate_hz_min;
    const auto in = path("in.wav");
    const auto out = path("none/out.wav");
    write_long(in, rate_hz, rate_hz * trial_seconds_max);
    expect_failure({.in = in, .out = out, .capture = {}}, ErrorCode::io, "cannot record to");
    write_long(in, rate_hz, rate_hz * trial_seconds_max + 1);
    expect_failure({.in = in, .out = out, .capture = {}}, ErrorCode::io, "longer than 12 hours");
}

TEST_F(ChainTrial, WhatTheGateKeepsBackIsSilenceAndHasItsPlace) {
    const auto in = write("in.wav", {{0.01F, 1.0}, {1.0F, 1.0}, {0.01F, 1.5}});
    const auto report = run({.in = in,
                             .out = path("out.wav"),
                             .capture = {.activation = Activation::gate, .gate_dbfs = -30}});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_FALSE(report->segments.empty());
    // With what waited before it opened.
    constexpr std::size_t waited_samples = dsp::PreRoll::frames_max * dsp::frame_samples;
    EXPECT_NEAR(report->segments.front().from_s, 1.0 - static_cast<double>(waited_samples) / 48'000,
                0.02);
    EXPECT_NEAR(report->segments.back().to_s, 2.2, 0.15);
    const auto before = read(in);
    const auto after = read(path("out.wav"));
    ASSERT_EQ(after.size(), before.size());
    const auto part = [](const std::vector<float>& sound, std::size_t from, std::size_t to) {
        return std::vector(sound.begin() + static_cast<std::ptrdiff_t>(from),
                           sound.begin() + static_cast<std::ptrdiff_t>(to));
    };
    EXPECT_EQ(part(after, 48'480, 95'520), part(before, 48'480, 95'520));
    constexpr std::size_t silent_samples = 47'000 - waited_samples;
    EXPECT_EQ(part(after, 0, silent_samples), std::vector<float>(silent_samples));
    EXPECT_EQ(part(after, 110'400, 168'000), std::vector<float>(57'600));
}

TEST_F(ChainTrial, WhatAGateLetsThroughTheCodecDoesNotLeaveOut) {
    // A quiet hum is nothing to the codec's own judgement, and enough for this gate.
    const auto in = write("in.wav", {{1.0F, 0.5}, {0.0005F, 3.0}});
    const auto packets_of = [&](Activation activation) {
        const auto report = run({.in = in,
                                 .out = path("out.wav"),
                                 .capture = {.activation = activation, .gate_dbfs = -90}});
        return report.value().packets;
    };
    EXPECT_EQ(packets_of(Activation::gate), 350U) << "as a talkie sends them";
    EXPECT_LT(packets_of(Activation::always), 250U) << "else this tells nothing";
}

/// Two channels that differ.
std::vector<float> stereo_sound(std::size_t samples) {
    std::vector<float> interleaved;
    for (std::size_t i = 0; i < samples; i += dsp::frame_samples) {
        const auto left = test::buzz(static_cast<dsp::MediaTime>(i));
        const auto right = test::buzz(static_cast<dsp::MediaTime>(i + 20'000));
        for (std::size_t j = 0; j < left.size(); ++j) {
            interleaved.insert(interleaved.end(), {left[j], right[j] / 4});
        }
    }
    return interleaved;
}

TEST_F(ChainTrial, MusicIsSentInStereoAndWhole) {
    const auto sound = stereo_sound(48'000);
    auto file = audio::SoundWriter::create(path("in.wav"), audio::Channels::stereo).value();
    ASSERT_TRUE(file.write(sound));
    ASSERT_TRUE(file.close());
    const auto report = run({.in = path("in.wav"),
                             .out = path("out.wav"),
                             .capture = {.noise = NoiseSuppression::high,
                                         .gain = true,
                                         .activation = Activation::gate,
                                         .gate_dbfs = 0,
                                         .music = true}});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->stereo);
    EXPECT_EQ(report->packets, 100U) << "whatever a gate would say of it";
    ASSERT_EQ(report->segments.size(), 1U);
    EXPECT_EQ(report->delay_ms, 0);
    EXPECT_GT(8 * report->packet_bytes, 90'000U) << "in a second: no voice takes half of that";
    EXPECT_NEAR(report->level_out.mean_dbfs, report->level_in.mean_dbfs, 0.2);

    auto out = audio::SoundReader::open(path("out.wav"), "read", audio::AtTheEnd::stop,
                                        audio::Parts::mid_and_side)
                   .value();
    ASSERT_EQ(out.shape().channels, 2U);
    test::Samples mid;
    test::Samples side;
    ASSERT_TRUE(out.read(mid, side));  // fades in
    ASSERT_TRUE(out.read(mid, side));
    for (std::size_t i = 0; i < side.size(); ++i) {
        const auto at = 2 * (dsp::frame_samples + i);
        ASSERT_NEAR(mid[i] + side[i], sound[at], 1e-6) << i;
        ASSERT_NEAR(mid[i] - side[i], sound[at + 1], 1e-6) << i;
    }
}

TEST_F(ChainTrial, NoiseIsTakenOutFromTheFirstFrameOn) {
    const auto in = write("in.wav", {{0.5F, 0.1}});
    const auto report =
        run({.in = in, .out = path("out.wav"), .capture = {.noise = NoiseSuppression::normal}});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->delay_ms, 20) << "what is switched on later runs in first";
}

/// On this machine everything takes 20 ms.
class SlowMachinesClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override {
        now_ += std::chrono::milliseconds(20);
        return now_;
    }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }

private:
    mutable TimePoint now_;
};

TEST_F(ChainTrial, ASlowMachineMakesTheSameOfItAndIsSaidToBeSlow) {
    const auto in = write("in.wav", {{0.5F, 2.0}});
    const CaptureSettings capture{.echo = true, .noise = NoiseSuppression::high, .gain = true};
    const auto fast = run({.in = in, .out = path("fast.wav"), .far = in, .capture = capture});
    ASSERT_TRUE(fast) << fast.error().message;
    const SlowMachinesClock clock;
    const auto slow =
        try_chain({.in = in, .out = path("slow.wav"), .far = in, .capture = capture}, clock);
    ASSERT_TRUE(slow) << slow.error().message;
    EXPECT_EQ(read(path("slow.wav")), read(path("fast.wav")));
    EXPECT_EQ(slow->delay_ms, fast->delay_ms);
    EXPECT_EQ(slow->packets, fast->packets);
    EXPECT_EQ(fast->frames_slow, 0U);
    EXPECT_EQ(slow->frames_slow, 200U);
    EXPECT_NEAR(slow->cost_mean_us, 20'000, 1);
}

TEST_F(ChainTrial, AnEchoIsTakenOutAndToldOf) {
    // What the microphone hears is the loudspeaker alone, 40 ms late.
    const auto far = write("far.wav", {{0.5F, 8.0}});
    const auto in = write("in.wav", {{0.0F, 0.04}, {0.5F, 8.0}});
    const auto report = run({.in = in,
                             .out = path("out.wav"),
                             .far = far,
                             .capture = {.echo = true, .activation = Activation::always}});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->echo);
    ASSERT_TRUE(report->echo->erle_db);
    EXPECT_GT(*report->echo->erle_db, 10);
    EXPECT_NEAR(report->delay_ms, 9, 0.1);

    const auto left = run({.in = in, .out = path("out.wav"), .far = far, .capture = {}});
    ASSERT_TRUE(left);
    EXPECT_NEAR(left->echo->erle_db.value(), 0, 0.01);
    const auto quiet = write("quiet.wav", {{0.0F, 1.0}});
    const auto never = run({.in = in, .out = path("out.wav"), .far = quiet, .capture = {}});
    ASSERT_TRUE(never);
    EXPECT_EQ(never->echo->erle_db, std::nullopt);
}

TEST_F(ChainTrial, WhatCannotWorkIsSaid) {
    const auto in = write("in.wav", {{0.5F, 0.1}});
    const auto out = path("out.wav");
    expect_failure({.in = path("none.wav"), .out = out}, ErrorCode::io, "No such file");
    expect_failure({.in = in, .out = out, .far = path("none.wav")}, ErrorCode::io, "none.wav");
    expect_failure({.in = in, .out = path("out.mp3")}, ErrorCode::io, "must end in");
    expect_failure({.in = in, .out = in}, ErrorCode::config, "overwritten");
    expect_failure({.in = in, .out = write("far.wav", {{1.0F, 0.1}}), .far = path("far.wav")},
                   ErrorCode::config, "overwritten");
    expect_failure({.in = in, .out = out, .capture = {.activation = Activation::push}},
                   ErrorCode::config, "nobody is here to press the key");
    expect_failure({.in = write("empty.wav", {}), .out = out}, ErrorCode::io,
                   "there is no sound in it");
    std::ofstream(path("text.wav")) << "no sound at all";
    expect_failure({.in = path("text.wav"), .out = out}, ErrorCode::io, "cannot read");
}

TEST_F(ChainTrial, ADiskThatIsFullIsToldOf) {
    const auto in = write("in.wav", {{0.5F, 3.0}});
    std::filesystem::create_symlink("/dev/full", path("out.wav"));
    expect_failure({.in = in, .out = path("out.wav")}, ErrorCode::io, "out.wav");
}

}  // namespace
}  // namespace partyline::client
