#include "dsp/drift_tracker.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "dsp/echo_reference.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

constexpr std::size_t frames_per_second = 100;

/// Noise in bursts of random lengths and loudness with a spectrum that falls like speech's.
std::vector<float> talk(double seconds, std::uint64_t seed) {
    Random random(seed);
    auto out = test::synthetic_voice(seconds, seed);
    float low = 0;
    float loudness = 0;
    float aim = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i % 4800 == 0) {
            aim = random.uniform() < 0.25 ? 0.0F : static_cast<float>(random.uniform());
        }
        loudness += 0.001F * (aim - loudness);
        low += 0.15F * (static_cast<float>(random.uniform() - 0.5) - low);
        out[i] = 0.5F * out[i] + loudness * low;
    }
    return out;
}

/// A room: the direct sound, then reflections that die away within 200 ms.
std::vector<float> room(std::uint64_t seed) {
    Random random(seed);
    std::vector<float> out(9600);
    for (std::size_t i = 1; i < out.size(); ++i) {
        const double decay = std::exp(-6.9 * static_cast<double>(i) / 9600);
        if (random.uniform() < 0.05) {
            out[i] = static_cast<float>(0.25 * decay * (2 * random.uniform() - 1));
        }
    }
    out[0] = 0.6F;
    return out;
}

std::vector<float> through(const std::vector<float>& response, const std::vector<float>& in) {
    std::vector<float> out(in.size() + response.size());
    for (std::size_t tap = 0; tap < response.size(); ++tap) {
        if (std::abs(response[tap]) > 0) {
            for (std::size_t i = 0; i < in.size(); ++i) {
                out[i + tap] += response[tap] * in[i];
            }
        }
    }
    return out;
}

/// A loudspeaker whose clock is off, a room, a microphone, and the canceller's loop around them.
class Loop {
public:
    Loop(double ppm, std::uint64_t seed, double seconds)
        : played_(talk(seconds, seed)),
          echo_(through(room(seed), played_)),
          talker_(talk(seconds, seed + 77)) {
        air_.set_drift(ppm);
        set_delay(2000);
        const double ratio = test::level_db(talker_) - test::level_db(echo_);
        talker_gain_ = static_cast<float>(std::pow(10, -ratio / 20));
    }

    void set_delay(std::size_t samples) { air_.set_lag(samples); }

    void run(double seconds, float talker = 0, float loudspeaker = 1) {
        const auto end = at_ + static_cast<std::size_t>(seconds * frames_per_second);
        for (; at_ < end; ++at_) {
            const auto place = at_ * frame_samples;
            std::array<float, frame_samples> heard{};
            std::array<float, frame_samples> played{};
            for (std::size_t i = 0; i < frame_samples; ++i) {
                played[i] = loudspeaker * played_[place + i];
                heard[i] = loudspeaker * echo_[place + i];
            }
            air_.write(heard);
            air_.read(heard);
            for (std::size_t i = 0; i < frame_samples; ++i) {
                heard[i] += talker * talker_gain_ * talker_[place + i];
            }
            reference.write(played);
            reference.set_drift(tracker.ppm());
            reference.read(played);
            tracker.update(heard, played);
        }
    }

    DriftTracker tracker;
    EchoReference reference;

private:
    std::vector<float> played_;
    std::vector<float> echo_;
    std::vector<float> talker_;
    float talker_gain_ = 1;
    EchoReference air_;
    std::size_t at_ = 0;
};

TEST(DriftTracker, FindsTheDrift) {
    struct Case {
        double ppm;
        double seconds;
        double near_ppm;
    };
    for (const auto& test :
         {Case{0, 10, 3}, {50, 10, 5}, {-50, 10, 5}, {200, 20, 5}, {-200, 20, 5}}) {
        for (const std::uint64_t seed : {1U, 2U}) {
            SCOPED_TRACE(std::to_string(test.ppm) + " ppm, seed " + std::to_string(seed));
            Loop loop(test.ppm, seed, test.seconds);
            loop.run(test.seconds);
            EXPECT_NEAR(loop.tracker.ppm(), test.ppm, test.near_ppm);
            EXPECT_TRUE(loop.tracker.sure());
        }
    }
}

TEST(DriftTracker, FindsItWhileSomebodyTalks) {
    for (const double ppm : {0.0, 50.0}) {
        for (const std::uint64_t seed : {1U, 2U}) {
            Loop loop(ppm, seed, 14);
            loop.run(3);
            loop.run(4, 1.0F);
            loop.run(3);
            EXPECT_NEAR(loop.tracker.ppm(), ppm, 5) << "seed " << seed;
            loop.run(4, 1.0F);
            EXPECT_NEAR(loop.tracker.ppm(), ppm, 5) << "seed " << seed;
        }
    }
}

TEST(DriftTracker, KeepsItOverAJumpOfTheDelay) {
    Loop loop(50, 4, 30);
    loop.run(10);
    loop.set_delay(4500);
    for (int i = 0; i < 16; ++i) {
        loop.run(1);
        ASSERT_NEAR(loop.tracker.ppm(), 50, 12) << i;
    }
    EXPECT_NEAR(loop.tracker.ppm(), 50, 5);
}

TEST(DriftTracker, LearnsNothingFromSilence) {
    Loop loop(50, 5, 40);
    loop.run(3, 0, 0);
    EXPECT_EQ(loop.tracker.ppm(), 0);
    EXPECT_FALSE(loop.tracker.sure());
    loop.run(10);
    const double learned = loop.tracker.ppm();
    loop.run(10, 0, 0);  // nobody
    EXPECT_NEAR(loop.tracker.ppm(), learned, 1);
    loop.run(10, 1.0F, 0);  // only the talker here
    EXPECT_NEAR(loop.tracker.ppm(), learned, 1);
}

TEST(DriftTracker, LearnsNothingFromATalkerAlone) {
    const auto other = talk(20, 99);
    DriftTracker tracker;
    const auto talker = talk(20, 100);
    for (std::size_t frame = 0; frame < 2000; ++frame) {  // headphones: no echo at all
        tracker.update(ConstFrame(talker.data() + frame * frame_samples, frame_samples),
                       ConstFrame(other.data() + frame * frame_samples, frame_samples));
    }
    EXPECT_EQ(tracker.ppm(), 0);
    EXPECT_FALSE(tracker.sure());
}

TEST(DriftTracker, ForgetsAllAfterReset) {
    Loop loop(50, 7, 30);
    loop.run(10);
    loop.tracker.restart();
    EXPECT_NEAR(loop.tracker.ppm(), 50, 5);
    loop.tracker.reset();
    EXPECT_EQ(loop.tracker.ppm(), 0);
    EXPECT_FALSE(loop.tracker.sure());
    loop.run(12);
    EXPECT_NEAR(loop.tracker.ppm(), 50, 5);
}

TEST(DriftTracker, AllocatesNothing) {
    Loop loop(50, 8, 5);
    const auto before = test::allocations();
    loop.run(5);
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
