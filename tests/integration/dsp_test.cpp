// "partyline-cli dsp" with real speech: what it makes of a voice, and what it tells of that.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "demo/recordings.hpp"
#include "harness/process.hpp"
#include "harness/scratch.hpp"
#include "integration/speech.hpp"

namespace partyline {
namespace {

using harness::Process;
using Json = nlohmann::json;

constexpr std::size_t rate_hz = 48'000;

double level_dbfs(std::span<const float> sound) {
    double sum = 0;
    for (const float sample : sound) {
        sum += double{sample} * double{sample};
    }
    return 10 * std::log10(std::max(sum / static_cast<double>(sound.size()), 1e-12));
}

class Dsp : public testing::Test {
protected:
    struct Ran {
        int exit_code = 0;
        Json told;  // null if nothing was
        std::string errors;
    };
    [[nodiscard]] Ran run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {harness::sibling_program("partyline-cli"), "dsp"});
        Process process({.arguments = arguments, .environment = {}});
        Ran ran{.exit_code = process.wait(std::chrono::seconds(60))};
        const auto line =
            process.wait_for_line([](const std::string& text) { return text.starts_with('{'); }, 0,
                                  std::chrono::seconds(1));
        ran.told = line ? Json::parse(line->text) : Json();
        ran.errors = process.errors();
        return ran;
    }
    void expect_failure(const std::vector<std::string>& arguments, const std::string& words) const {
        const auto ran = run(arguments);
        EXPECT_EQ(ran.exit_code, 1) << words;
        EXPECT_NE(ran.errors.find(words), std::string::npos) << ran.errors;
    }

    const harness::Scratch scratch_;
};

TEST_F(Dsp, AVoiceIsFoundAndBroughtToTheUsualLevel) {
    // A quiet talker, who pauses for two seconds.
    std::vector<float> sound(rate_hz);
    const auto speech = demo::read_recording("0870");
    sound.insert(sound.end(), speech.begin(), speech.end());
    sound.resize(sound.size() + 2 * rate_hz);
    sound.insert(sound.end(), speech.begin(), speech.end());
    sound.resize(sound.size() + rate_hz);
    for (std::size_t i = 0; i < sound.size(); ++i) {
        // A microphone is never silent.
        sound[i] = sound[i] * 0.2F + 1e-4F * static_cast<float>(i * 2654435761U % 1000) / 1000;
    }
    const auto in = scratch_.path("in.wav");
    const auto out = scratch_.path("out.flac");
    demo::write_sound(in, sound);
    const auto ran = run({in, out, "--json", "--report", scratch_.path("report.json")});
    ASSERT_EQ(ran.exit_code, 0) << ran.errors;
    const auto& told = ran.told;
    EXPECT_NEAR(told["delay_ms"].get<double>(), 29, 0.1);
    EXPECT_GE(told["segments"].size(), 2U) << told;
    const double speech_s = 2.0 * static_cast<double>(speech.size()) / rate_hz;
    EXPECT_GT(told["talking_s"].get<double>(), 0.7 * speech_s);
    EXPECT_LT(told["talking_s"].get<double>(), speech_s + 2);
    EXPECT_GT(told["cost_mean_us"].get<double>(), 0);
    EXPECT_LT(told["level_in"]["mean_dbfs"].get<double>(), -30);

    const auto heard = demo::read_sound(out);
    EXPECT_EQ(heard.size(), sound.size());
    EXPECT_EQ(level_dbfs(std::span(heard).first(rate_hz / 2)), -120) << "nobody has spoken yet";
    const auto second = std::span(heard).subspan(3 * rate_hz + speech.size(), speech.size());
    EXPECT_NEAR(level_dbfs(second), -20, 4);

    std::ifstream report(scratch_.path("report.json"));
    EXPECT_EQ(Json::parse(report), told);
}

TEST_F(Dsp, AnEchoIsTakenOutAndItsDelayFound) {
    auto far = demo::read_recording("0890");
    const auto more = demo::read_recording("0920");
    far.insert(far.end(), more.begin(), more.end());
    constexpr std::size_t delay_samples = 60 * rate_hz / 1000;
    std::vector<float> captured(far.size());
    for (std::size_t i = delay_samples; i < captured.size(); ++i) {
        captured[i] = 0.4F * far[i - delay_samples];
    }
    demo::write_sound(scratch_.path("far.wav"), far);
    demo::write_sound(scratch_.path("in.wav"), captured);
    const std::vector<std::string> files{scratch_.path("in.wav"), scratch_.path("out.wav"), "--far",
                                         scratch_.path("far.wav"), "--json"};
    const auto ran = run(files);
    ASSERT_EQ(ran.exit_code, 0) << ran.errors;
    EXPECT_GT(ran.told["echo"]["erle_db"].get<double>(), 20) << ran.told;
    EXPECT_NEAR(ran.told["echo"]["delay_ms"].get<double>(), 60, 12) << ran.told;

    auto without = files;
    without.insert(without.end(), {"--voice", "raw", "--activation", "always"});
    const auto raw = run(without);
    ASSERT_EQ(raw.exit_code, 0) << raw.errors;
    EXPECT_NEAR(raw.told["echo"]["erle_db"].get<double>(), 0, 0.1) << raw.told;
}

TEST_F(Dsp, PeopleAreToldInWords) {
    const auto in = integration::short_speech(scratch_);
    Process process({.arguments = {harness::sibling_program("partyline-cli"), "dsp", in,
                                   scratch_.path("out.wav"), "--activation", "always"},
                     .environment = {}});
    EXPECT_EQ(process.wait(std::chrono::seconds(60)), 0) << process.errors();
    for (const auto* beginning : {"in ", "level ", "talk ", "sent ", "delay ", "cost "}) {
        EXPECT_TRUE(process.wait_for_line(
            [&](const std::string& line) { return line.starts_with(beginning); }, 0,
            std::chrono::seconds(1)))
            << beginning;
    }
}

TEST_F(Dsp, MistakesAreNamed) {
    const auto in = integration::short_speech(scratch_);
    const auto out = scratch_.path("out.wav");
    expect_failure({scratch_.path("none.wav"), out}, "none.wav: No such file or directory");
    expect_failure({in, scratch_.path("out.mp3")}, "the name must end in .wav, .flac or .opus");
    expect_failure({in, in}, "it would be overwritten");
    expect_failure({in, out, "--far", scratch_.path("none.wav")}, "none.wav: No such file");
    expect_failure({in, out, "--noise", "loud"}, "--noise: ");
    expect_failure({in, out, "--activation", "push"}, "nobody is here to press the key");
    expect_failure({scratch_.file("text.wav", "no sound"), out}, "cannot read ");
    expect_failure({in, out, "--report", scratch_.path("none/report.json")}, "cannot write ");
}

}  // namespace
}  // namespace partyline
