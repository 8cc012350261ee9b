#include "cli/voice.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

using client::Activation;
using client::NoiseSuppression;

Voice parsed(std::string_view line) { return std::get<Voice>(parse_command(line).value()); }

client::CaptureSettings after(std::string_view line, client::CaptureSettings settings = {}) {
    apply(parsed(line), settings);
    return settings;
}

TEST(Voice, Noise) {
    EXPECT_EQ(parsed("noise off"), Voice(SetNoise{NoiseSuppression::off}));
    EXPECT_EQ(parsed("noise light"), Voice(SetNoise{NoiseSuppression::light}));
    EXPECT_EQ(parsed("noise normal"), Voice(SetNoise{NoiseSuppression::normal}));
    EXPECT_EQ(after("noise high").noise, NoiseSuppression::high);
    EXPECT_EQ(after("noise high:0").noise_strength, 0);
    EXPECT_EQ(after("noise normal:60").noise_strength, 0.6F);
    EXPECT_EQ(after("noise normal:100").noise_strength, 1);
    EXPECT_EQ(after("noise light", {.noise_strength = 0.5F}).noise_strength, 1);
    for (const char* line : {"noise", "noise loud", "noise loud:50", "noise normal:",
                             "noise normal:101", "noise normal:-1", "noise normal:50%"}) {
        EXPECT_FALSE(parse_command(line)) << line;
    }
}

TEST(Voice, Activation) {
    EXPECT_EQ(after("activation voice").activation, Activation::voice);
    EXPECT_EQ(after("activation push").activation, Activation::push);
    EXPECT_EQ(after("activation always", {.activation = Activation::push}).activation,
              Activation::always);
    EXPECT_EQ(after("activation gate").activation, Activation::gate);
    EXPECT_EQ(after("activation gate:-90").gate_dbfs, -90);
    EXPECT_EQ(after("activation gate:0").gate_dbfs, 0);
    for (const char* line : {"activation gate:-90.1", "activation gate:0.1", "activation gate:",
                             "activation gate:-40dB", "activation never", "activation gate:nan"}) {
        const auto failed = parse_command(line);
        ASSERT_FALSE(failed) << line;
        EXPECT_EQ(failed.error().code, ErrorCode::malformed);
    }
}

TEST(Voice, EachStageHasASwitchOfItsOwn) {
    const auto usual = client::usual_capture("device");
    auto without = usual;
    without.high_pass = false;
    EXPECT_EQ(after("highpass off", usual), without);
    EXPECT_EQ(after("highpass on", without), usual);
    for (const char* line : {"highpass", "highpass 80", "highpass on off"}) {
        EXPECT_FALSE(parse_command(line)) << line;
    }
}

TEST(Voice, GainAndTheKey) {
    EXPECT_TRUE(after("gain on").gain);
    EXPECT_FALSE(after("gain off", {.gain = true}).gain);
    EXPECT_FALSE(parse_command("gain 3"));
    EXPECT_TRUE(after("echo on").echo);
    EXPECT_FALSE(after("echo off", {.echo = true}).echo);
    EXPECT_FALSE(parse_command("echo"));
    EXPECT_EQ(parsed("talk"), Voice(Talk{true}));
    EXPECT_EQ(parsed("hush"), Voice(Talk{false}));
    EXPECT_FALSE(parse_command("talk loudly"));
}

TEST(Voice, MusicIsAVoiceOfItsOwn) {
    const auto music = after("voice music", client::usual_capture("device"));
    EXPECT_TRUE(music.music);
    EXPECT_EQ(music.noise, NoiseSuppression::off);
    EXPECT_FALSE(music.gain || music.echo || music.high_pass);
    EXPECT_TRUE(after("gain on", music).music);
    EXPECT_FALSE(after("voice normal", music).music);
}

TEST(Voice, PresetsLeaveWhenOneIsHeardAlone) {
    const client::CaptureSettings push{.activation = Activation::push, .gate_dbfs = -33};
    const auto studio = after("voice studio", push);
    EXPECT_EQ(studio.noise, NoiseSuppression::off);
    EXPECT_TRUE(studio.gain);
    EXPECT_EQ(studio.activation, Activation::push);
    EXPECT_EQ(studio.gate_dbfs, -33);
    EXPECT_EQ(after("voice high").noise, NoiseSuppression::high);
    EXPECT_EQ(after("voice normal").noise, NoiseSuppression::normal);
    EXPECT_EQ(after("voice raw", after("voice high")), client::CaptureSettings{});
    EXPECT_FALSE(parse_command("voice deep"));
}

}  // namespace
}  // namespace partyline::cli
