#include "dsp/rnnoise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <vector>

#include "base/random.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

struct Heard {
    std::vector<float> samples;
    std::vector<float> voice;
};

Heard run(Rnnoise& suppressor, std::vector<float> samples) {
    Heard out;
    for (std::size_t at = 0; at + frame_samples <= samples.size(); at += frame_samples) {
        out.voice.push_back(suppressor.process(Frame(samples.data() + at, frame_samples)));
    }
    out.samples = std::move(samples);
    return out;
}

TEST(Rnnoise, GivesTheSameBitsWithEveryKernel) {
    auto voice = test::synthetic_voice(2);
    const auto noise = test::white_noise(2, 0.05F);
    std::ranges::transform(voice, noise, voice.begin(), std::plus<>());
    Rnnoise original(nullptr);
    Rnnoise portable(&linear_portable);
    Rnnoise best;
    const auto expected = run(original, voice);
    for (auto* suppressor : {&portable, &best}) {
        const auto heard = run(*suppressor, voice);
        EXPECT_EQ(heard.samples, expected.samples);
        EXPECT_EQ(heard.voice, expected.voice);
    }
}

TEST(Rnnoise, IsAsLateAsItSays) {
    Rnnoise suppressor;
    const auto voice = test::synthetic_voice(4);
    // Its high-pass moves the lowest tones a little.
    EXPECT_NEAR(test::lag_of(run(suppressor, voice).samples, voice), int{Rnnoise::latency_samples},
                2);
}

TEST(Rnnoise, TakesNoiseAway) {
    Rnnoise suppressor;
    const auto noise = test::white_noise(6, 0.05F);
    const auto heard = run(suppressor, noise);
    const auto late = std::span(heard.samples).last(sample_rate_hz);
    EXPECT_LT(test::level_db(late), test::level_db(noise) - 30);
}

TEST(Rnnoise, TellsVoiceFromSilence) {
    Rnnoise suppressor;
    const auto voice = run(suppressor, test::synthetic_voice(2)).voice;
    EXPECT_GT(std::ranges::count_if(voice, [](float p) { return p > 0.5F; }), 100);
    EXPECT_LT(run(suppressor, std::vector<float>(sample_rate_hz)).voice.back(), 0.1F);
}

TEST(Rnnoise, ForgetsWhatItHeard) {
    const auto voice = test::synthetic_voice(1);
    Rnnoise fresh;
    Rnnoise used;
    run(used, test::white_noise(1, 0.5F));
    used.reset();
    EXPECT_EQ(run(used, voice).samples, run(fresh, voice).samples);
}

TEST(Rnnoise, OutlivesWhatIsNoSound) {
    Rnnoise suppressor;
    Random random(1);
    const std::array odd{std::numeric_limits<float>::quiet_NaN(),
                         std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::max(),
                         std::numeric_limits<float>::denorm_min(), 0.0F};
    std::vector<float> samples(50 * frame_samples);
    for (float& sample : samples) {
        sample = odd[static_cast<std::size_t>(random.uniform() * odd.size())];
    }
    for (const float sample : run(suppressor, samples).samples) {
        ASSERT_TRUE(std::isfinite(sample));
    }
    const auto voice = run(suppressor, test::synthetic_voice(2)).voice;
    EXPECT_GT(std::ranges::max(voice), 0.9F);
}

std::array<void (*)(int), 3> signal_handlers() {
    std::array<void (*)(int), 3> handlers{};
    std::ranges::transform(std::array{SIGSEGV, SIGBUS, SIGFPE}, handlers.begin(), [](int signal) {
        struct sigaction now{};
        EXPECT_EQ(sigaction(signal, nullptr, &now), 0);
        return now.sa_handler;
    });
    return handlers;
}

// Before there was any network. Not the system's own where a sanitizer has taken them.
const auto handlers_at_start = signal_handlers();

TEST(Rnnoise, AllocatesNothingAndTakesNoSignals) {
    Rnnoise suppressor;
    std::array<float, frame_samples> samples{};
    const auto before = test::allocations();
    suppressor.process(samples);
    suppressor.reset();
    EXPECT_EQ(test::allocations(), before);
    EXPECT_EQ(signal_handlers(), handlers_at_start);
}

}  // namespace
}  // namespace partyline::dsp
