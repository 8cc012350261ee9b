#include "dsp/gtcrn.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

std::vector<float> run(Gtcrn& enhancer, std::vector<float> samples) {
    for (std::size_t at = 0; at + frame_samples <= samples.size(); at += frame_samples) {
        enhancer.process(Frame(samples.data() + at, frame_samples));
    }
    return samples;
}

TEST(Gtcrn, IsAsLateAsItSays) {
    Gtcrn enhancer;
    const auto voice = test::synthetic_voice(4);
    EXPECT_NEAR(test::lag_of(run(enhancer, voice), voice), int{Gtcrn::latency_samples}, 2);
}

TEST(Gtcrn, TakesNoiseAway) {
    Gtcrn enhancer;
    const auto noise = test::white_noise(4, 0.05F);
    const auto heard = run(enhancer, noise);
    EXPECT_LT(test::level_db(std::span(heard).last(sample_rate_hz)), test::level_db(noise) - 20);
}

TEST(Gtcrn, ForgetsWhatItHeard) {
    const auto voice = test::synthetic_voice(1);
    Gtcrn fresh;
    Gtcrn used;
    run(used, test::white_noise(1.03, 0.5F));
    used.reset();
    EXPECT_EQ(run(used, voice), run(fresh, voice));
}

TEST(Gtcrn, OutlivesWhatIsNoSound) {
    Gtcrn enhancer;
    std::vector<float> samples(20 * frame_samples, std::numeric_limits<float>::max());
    samples[5] = std::numeric_limits<float>::quiet_NaN();
    samples[6] = -std::numeric_limits<float>::infinity();
    run(enhancer, samples);
    const auto voice = test::synthetic_voice(2);
    const auto heard = run(enhancer, voice);
    for (const float sample : heard) {
        ASSERT_TRUE(std::isfinite(sample));
    }
    EXPECT_GT(test::level_db(std::span(heard).last(sample_rate_hz)), test::level_db(voice) - 6);
}

TEST(Gtcrn, AllocatesNothing) {
    Gtcrn enhancer;
    std::vector<float> samples(frame_samples);
    const auto before = test::allocations();
    for (int i = 0; i < 8; ++i) {
        enhancer.process(Frame(samples.data(), frame_samples));
    }
    enhancer.reset();
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
