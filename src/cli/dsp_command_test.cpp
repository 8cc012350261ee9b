#include "cli/dsp_command.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "platform/scratch_folder.hpp"

namespace partyline::cli {
namespace {

using namespace std::string_literals;

std::expected<DspOptions, ExitCode> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"partyline-cli", "dsp"});
    return parse_dsp(static_cast<int>(arguments.size()), arguments.data());
}

TEST(DspCommand, WithoutOptionsItIsAsForADevice) {
    const auto options = parse({"in.wav", "out.flac"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->request.in, "in.wav");
    EXPECT_EQ(options->request.out, "out.flac");
    EXPECT_EQ(options->request.far, "");
    EXPECT_EQ(options->request.capture, client::usual_capture("device"));
    EXPECT_EQ(options->report_path, "");
    EXPECT_FALSE(options->json);
}

TEST(DspCommand, EverythingAtOnce) {
    const auto options =
        parse({"in.wav", "out.wav", "--far", "far.ogg", "--voice", "high", "--highpass", "off",
               "--echo", "off", "--noise", "light", "--gain", "off", "--activation", "gate:-30",
               "--report", "report.json", "--json"});
    ASSERT_TRUE(options);
    const auto& capture = options->request.capture;
    EXPECT_EQ(options->request.far, "far.ogg");
    EXPECT_FALSE(capture.high_pass);
    EXPECT_FALSE(capture.echo);
    EXPECT_FALSE(capture.gain);
    EXPECT_EQ(capture.noise, client::NoiseSuppression::light);
    EXPECT_EQ(capture.activation, client::Activation::gate);
    EXPECT_EQ(capture.gate_dbfs, -30);
    EXPECT_EQ(options->report_path, "report.json");
    EXPECT_TRUE(options->json);
}

/// 10 ms of two channels, alike.
void write_stereo(const std::string& path) {
    const std::string head =
        "RIFF\xa4\x07\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data\x80\x07\0\0"s;
    std::ofstream file(path, std::ios::binary);
    file << head << std::string(1920, '\x10');
    ASSERT_TRUE(file.flush());
}

TEST(DspCommand, MusicIsSaidToBeInStereo) {
    const platform::ScratchFolder folder;
    const auto in = (folder.path() / "in.wav").string();
    const auto out = (folder.path() / "out.wav").string();
    write_stereo(in);
    const auto told = [&](const char* voice) {
        const auto options = parse({in.c_str(), out.c_str(), "--voice", voice});
        const ManualClock clock;
        std::ostringstream words;
        std::ostringstream errors;
        EXPECT_EQ(run_dsp(options.value(), words, errors, clock), ExitCode::fine) << errors.str();
        return words.str().substr(0, words.str().find('\n'));
    };
    EXPECT_EQ(told("music"), "in        0.01 s, in stereo");
    EXPECT_EQ(told("raw"), "in        0.01 s, 2 channels mixed down to one");
}

TEST(DspCommand, MistakesAreToldAndHelpIsNone) {
    EXPECT_EQ(parse({"--help"}).error(), ExitCode::fine);
    for (const auto& wrong : {std::vector<const char*>{},
                              {"in.wav"},
                              {"in.wav", "out.wav", "more.wav"},
                              {"in.wav", "out.wav", "--noise", "loud"},
                              {"in.wav", "out.wav", "--server", "x"}}) {
        EXPECT_EQ(parse(wrong).error(), ExitCode::local);
    }
}

TEST(DspCommand, WhatCannotBeReadIsNamed) {
    const ManualClock clock;
    std::ostringstream out;
    std::ostringstream errors;
    EXPECT_EQ(
        run_dsp({.request = {.in = "/nonexistent/a.wav", .out = "b.wav"}}, out, errors, clock),
        ExitCode::local);
    EXPECT_EQ(errors.str(),
              "partyline-cli: cannot read /nonexistent/a.wav: No such file or directory\n");
    EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace partyline::cli
