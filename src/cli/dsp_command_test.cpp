#include "cli/dsp_command.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace partyline::cli {
namespace {

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
    const auto options = parse({"in.wav", "out.wav", "--far", "far.ogg", "--voice", "high",
                                "--echo", "off", "--noise", "light", "--gain", "off",
                                "--activation", "gate:-30", "--report", "report.json", "--json"});
    ASSERT_TRUE(options);
    const auto& capture = options->request.capture;
    EXPECT_EQ(options->request.far, "far.ogg");
    EXPECT_FALSE(capture.echo);
    EXPECT_FALSE(capture.gain);
    EXPECT_EQ(capture.noise, client::NoiseSuppression::light);
    EXPECT_EQ(capture.activation, client::Activation::gate);
    EXPECT_EQ(capture.gate_dbfs, -30);
    EXPECT_EQ(options->report_path, "report.json");
    EXPECT_TRUE(options->json);
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
