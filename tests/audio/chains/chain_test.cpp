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

std::vector<float> speech(double seconds = 8, double pause_seconds_max = 0.5) {
    const auto recordings =
        scenes::find_recordings("/usr/share", scenes::Extent::demo, scenes::Half::scoring).value();
    Random random(1);
    return scenes::speech(recordings.speech,
                          {.seconds = seconds, .pause_seconds_max = pause_seconds_max}, random)
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

TEST(Chains, OurSuppressionCostsACleanVoiceLittle) {
    // At first it expects noise, until pauses have shown that there is none.
    const auto near = speech(30, 1);
    for (const char* name : {"suppressor", "suppressor-high"}) {
        const auto chain = find_kind(name)->create({});
        const auto out = through(*chain, near);
        const auto late = static_cast<std::ptrdiff_t>(chain->delay_samples());
        const auto [whole, all_heard] = metrics::aligned(near, out, late);
        const auto clean = whole.last(15 * dsp::sample_rate_hz);
        const auto heard = all_heard.last(15 * dsp::sample_rate_hz);
        EXPECT_GT(metrics::stoi(clean, heard).value(), 0.975) << name;
        EXPECT_NEAR(metrics::active_level_dbfs(heard), metrics::active_level_dbfs(clean), 0.2)
            << name;
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
    for (const char* name : {"mumble", "apm", "ours"}) {
        const auto* kind = find_kind(name);
        const auto without = through(*kind->create({}), near);
        const auto with = through(*kind->create({.gain_control = true}), near);
        EXPECT_GT(metrics::active_level_dbfs(with), metrics::active_level_dbfs(without) + 6)
            << name;
    }
}

TEST(Chains, OursSendsSpeechAndNotPauses) {
    auto near = speech(12, 1);
    const auto truth = metrics::activity(near);
    const auto chain = find_kind("ours")->create({});
    const std::array<float, dsp::frame_samples> silence{};
    std::array<float, dsp::frame_samples> out{};
    std::size_t spoken = 0, heard = 0, pauses = 0, taken = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        chain->process(dsp::ConstFrame(&near[i * dsp::frame_samples], dsp::frame_samples), silence,
                       out);
        const bool sent = chain->voice().value();
        if (truth[i] == metrics::Activity::speech) {
            ++spoken;
            heard += sent ? 1U : 0U;
        } else if (truth[i] == metrics::Activity::pause) {
            ++pauses;
            taken += sent ? 1U : 0U;
        }
    }
    ASSERT_GT(spoken, 100U);
    EXPECT_GT(static_cast<double>(heard) / static_cast<double>(spoken), 0.85);
    EXPECT_LT(static_cast<double>(taken), 0.1 * static_cast<double>(pauses + 1));
}

}  // namespace
}  // namespace partyline::chains
