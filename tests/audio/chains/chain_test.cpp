#include "audio/chains/chain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "audio/metrics/level.hpp"
#include "audio/metrics/likeness.hpp"
#include "audio/scenes/recordings.hpp"

namespace partyline::chains {
namespace {

std::vector<float> speech() {
    const auto recordings =
        scenes::find_recordings("/usr/share", scenes::Extent::demo, scenes::Half::scoring).value();
    Random random(1);
    return scenes::speech(recordings.speech, {.seconds = 8, .pause_seconds_max = 0.5}, random)
        .value();
}

std::vector<float> through(Chain& chain, const std::vector<float>& near) {
    const std::array<float, dsp::frame_samples> silence{};
    std::vector<float> out(near.size());
    for (std::size_t at = 0; at < near.size(); at += dsp::frame_samples) {
        chain.process(dsp::ConstFrame(&near[at], dsp::frame_samples), silence,
                      dsp::Frame(&out[at], dsp::frame_samples));
    }
    return out;
}

TEST(Chains, AreFoundByName) {
    for (const auto& kind : kinds()) {
        EXPECT_EQ(find_kind(kind.name), &kind);
    }
    EXPECT_EQ(find_kind("skype"), nullptr);
}

TEST(Chains, AreAsLateAsTheySayAndLeaveAVoiceAlone) {
    const auto near = speech();
    for (const auto& kind : kinds()) {
        SCOPED_TRACE(kind.name);
        const auto chain = kind.create({});
        const auto out = through(*chain, near);
        const auto lag = metrics::lag_samples(near, out, -480, 4800);
        EXPECT_NEAR(static_cast<double>(lag), static_cast<double>(chain->delay_samples()), 60);
        const auto [clean, heard] = metrics::aligned(near, out, lag);
        EXPECT_GT(metrics::stoi(clean, heard).value(), 0.9);
    }
}

TEST(Chains, TheSameInGivesTheSameOut) {
    auto near = speech();
    near.resize(2 * dsp::sample_rate_hz);
    for (const auto& kind : kinds()) {
        EXPECT_EQ(through(*kind.create({}), near), through(*kind.create({}), near)) << kind.name;
    }
}

TEST(Chains, GainControlBringsUpAQuietVoice) {
    auto near = speech();
    for (float& sample : near) {
        sample *= 0.03F;
    }
    for (const char* name : {"mumble", "apm"}) {
        const auto* kind = find_kind(name);
        const auto without = through(*kind->create({}), near);
        const auto with = through(*kind->create({.gain_control = true}), near);
        EXPECT_GT(metrics::active_level_dbfs(with), metrics::active_level_dbfs(without) + 6)
            << name;
    }
}

}  // namespace
}  // namespace partyline::chains
