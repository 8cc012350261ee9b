// A machine that does not keep up with its own voice: what is counted of that, and what is told.
#include "client/voice_up.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "client/test_support.hpp"

namespace partyline::client {
namespace {

/// Time goes on by `step` whenever somebody looks: so long takes all that is done between two looks. The voice
/// thread's own once that has begun.
class SteppingClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return now_ += step; }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }
    Duration step{};

private:
    mutable TimePoint now_{std::chrono::hours(1)};
};

/// So many frames of next to nothing, as fast as they are asked for. `before` is told the number of each. It is finished
/// with the read that gives none, as a file that ends while the talkie stops.
class ScriptedSource final : public audio::Source {
public:
    ScriptedSource(int frames, std::function<void(int)> before)
        : frames_(frames), before_(std::move(before)) {}

    bool read(dsp::Frame mid) override {
        test::Samples side;
        return read(mid, side);
    }
    bool read(dsp::Frame mid, dsp::Frame side) override {
        if (given_ == frames_) {
            finished_ = true;
            over_.set_value();
            return false;
        }
        before_(given_++);
        std::ranges::fill(mid, 1e-4F);  // of a microphone that is on
        std::ranges::fill(side, 0.0F);
        return true;
    }
    void stop() override {}
    void resume() override {}
    [[nodiscard]] TimePoint started() const override { return {}; }
    [[nodiscard]] bool finished() const override { return finished_; }

    void wait_until_over() { over_.get_future().wait(); }

private:
    const int frames_;
    const std::function<void(int)> before_;
    int given_ = 0;
    bool finished_ = false;
    std::promise<void> over_;
};

class VoiceUpTest : public testing::Test {
protected:
    void run(const CaptureSettings& settings, int frames, std::function<void(int)> before) {
        ScriptedSource source(frames, std::move(before));
        auto up = VoiceUp::start(test::identity_of(1), *link, source, clock,
                                 UseCapture{.settings = settings,
                                            .chain = create_chain(settings, clock),
                                            .music = {},
                                            .pressed = false});
        ASSERT_TRUE(up);
        (*up)->begin();
        source.wait_until_over();
    }
    /// What was told of it, in order.
    std::vector<CaptureLoad> told() {
        std::vector<CaptureLoad> out;
        while (const auto report = link->from_up.pop()) {
            if (const auto* lowered = std::get_if<VoiceLowered>(&*report)) {
                out.push_back(lowered->load);
            }
        }
        return out;
    }

    SteppingClock clock;
    UpCounters counters;
    std::unique_ptr<VoiceLink> link = std::make_unique<VoiceLink>(
        std::make_shared<Hop>(Hop::Keys{.up = test::hop_key(), .down = test::hop_key(), .epoch = 0},
                              nullptr),
        counters);
};

constexpr std::chrono::milliseconds frame_lasts{dsp::frame_ms};
constexpr std::chrono::milliseconds far_too_slow{20};
/// With this a frame takes 8 ms, and a stage 2 of them.
constexpr std::chrono::milliseconds fast_enough{2};
/// Enough for three of a stage's levels to be tried again, a rest of 10 s after each other.
constexpr int frames_to_recover = 3 * 1250 + 50;
constexpr int slow_frames = 30;

TEST_F(VoiceUpTest, FramesThatTakeLongerThanTheyLastAreCounted) {
    run({}, 100, [this](int frame) {
        clock.step = frame % 10 == 9 ? frame_lasts + Duration(1) : Duration(frame_lasts);
    });
    EXPECT_EQ(counters.frames_slow.load(), 10U);
    EXPECT_EQ(counters.frames_captured.load(), 100U);
    EXPECT_TRUE(told().empty()) << "there is no stage that could do less";
}

TEST_F(VoiceUpTest, WhatWaitsIsForgottenWhenItsOwnAudienceChangesAndNotWhenAnotherDoes) {
    constexpr int changes_at = 95;
    constexpr std::uint64_t waiting = dsp::PreRoll::frames_max;
    const auto frames_gone = [this](StreamId stream) {
        run({.activation = Activation::gate, .gate_dbfs = 0}, 100, [this, stream](int frame) {
            if (frame == changes_at) {
                EXPECT_TRUE(link->to_up.push(SetOpen{.open = true, .stream = stream}));
            }
        });
        return counters.frames_captured.load();
    };
    EXPECT_EQ(frames_gone(StreamId{}), 95U);
    EXPECT_EQ(frames_gone(StreamId{1}), 100U - waiting);
}

TEST_F(VoiceUpTest, NoiseSuppressionGoesDownAStepAtATimeAndUpAgainAndEachIsTold) {
    run({.noise = NoiseSuppression::high}, slow_frames + frames_to_recover,
        [this](int frame) { clock.step = frame < slow_frames ? far_too_slow : fast_enough; });
    using enum NoiseSuppression;
    std::vector<std::optional<NoiseSuppression>> steps;
    for (const auto& load : told()) {
        EXPECT_FALSE(load.echo_passed_by);
        steps.push_back(load.noise_lowered_to);
    }
    EXPECT_EQ(steps, (std::vector<std::optional<NoiseSuppression>>{normal, light, off, light,
                                                                   normal, std::nullopt}));
    EXPECT_EQ(counters.times_lowered.load(), 3U);
    EXPECT_FALSE(counters.noise_lowered_to.load());
    EXPECT_EQ(counters.frames_slow.load(), unsigned{slow_frames});
}

TEST_F(VoiceUpTest, EchoCancellingIsPassedByAndComesBackAndBothAreTold) {
    run({.echo = true}, slow_frames + frames_to_recover / 2,
        [this](int frame) { clock.step = frame < slow_frames ? far_too_slow : fast_enough; });
    EXPECT_EQ(told(), (std::vector{CaptureLoad{.echo_passed_by = true}, CaptureLoad{}}));
    EXPECT_EQ(counters.times_lowered.load(), 1U);
    EXPECT_FALSE(counters.echo_passed_by.load());
}

TEST_F(VoiceUpTest, TheEndOfTheSourceIsToldThoughNoFrameFollows) {
    run({}, 3, [](int) {});
    int ends = 0;
    while (const auto report = link->from_up.pop()) {
        ends += std::holds_alternative<MicFinished>(*report) ? 1 : 0;
        EXPECT_FALSE(std::holds_alternative<AudioStarted>(*report)) << "nothing says when it did";
    }
    EXPECT_EQ(ends, 1);
}

TEST_F(VoiceUpTest, WhatCouldNotBeToldAtOnceIsToldAsItIsThen) {
    while (link->from_up.push(SpurtChanged{})) {
    }
    clock.step = far_too_slow;
    run({.noise = NoiseSuppression::high}, slow_frames + 10, [this](int frame) {
        if (frame == slow_frames) {
            EXPECT_TRUE(told().empty());
        }
    });
    EXPECT_EQ(told(), std::vector{CaptureLoad{.noise_lowered_to = NoiseSuppression::off}});
}

}  // namespace
}  // namespace partyline::client
