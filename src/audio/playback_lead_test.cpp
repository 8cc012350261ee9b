#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "audio/playback_ring.hpp"
#include "base/random.hpp"

namespace partyline::audio {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A device that wants `samples` at a time, each time late by up to `jitter`.
struct Rhythm {
    std::size_t samples = dsp::frame_samples;
    Duration jitter{};
};

Duration up_to(Duration most, Random& random) {
    const auto count = random.below(static_cast<std::uint64_t>(most.count()));
    return Duration(static_cast<Duration::rep>(count));
}

/// When miniaudio calls back for 10 ms each, between such a device and us: as soon as what it has in hand is used up.
std::vector<TimePoint> calls_of(const Rhythm& rhythm, TimePoint from, Duration length,
                                Random& random) {
    std::vector<TimePoint> calls;
    std::size_t in_hand = 0;
    for (std::size_t k = 0; length_of(k * rhythm.samples) < length; ++k) {
        auto at = from + length_of(k * rhythm.samples);
        if (rhythm.jitter > Duration{}) {
            at += up_to(rhythm.jitter, random);
        }
        for (std::size_t wanted = rhythm.samples; wanted > 0;) {
            const auto taken = std::min(wanted, in_hand);
            wanted -= taken;
            in_hand -= taken;
            if (in_hand == 0) {
                calls.push_back(at);
                in_hand = dsp::frame_samples;
            }
        }
    }
    return calls;
}

struct Heard {
    std::uint64_t holes = 0;
    std::uint64_t holes_once_settled = 0;
    double wait_ms = 0;  // of a frame before it is asked for, in the mean, once settled
};

/// Drives the ring as the thread that listens does: it sleeps until a frame is due, as far as it knows when it goes to
/// sleep, and is then a little late.
class Listening {
public:
    Heard to(const Rhythm& rhythm, Duration length, Duration settled_after = seconds(10)) {
        const auto start = clock_.now();
        Heard heard;
        double waits_ms = 0;
        std::uint64_t frames = 0;
        for (const auto at : calls_of(rhythm, start, length, random_)) {
            write_until(at);
            clock_.set(at);
            const bool settled = at - start > settled_after;
            const auto before = ring_.underruns();
            const auto waited = call();
            heard.holes += ring_.underruns() - before;
            if (settled) {
                heard.holes_once_settled += ring_.underruns() - before;
                waits_ms += std::chrono::duration<double, std::milli>(waited).count();
                ++frames;
            }
        }
        heard.wait_ms = waits_ms / static_cast<double>(frames);
        return heard;
    }

private:
    void write_until(TimePoint until) {
        while (wakes_at_ < until) {
            clock_.set(wakes_at_);
            while (ring_.due(clock_.now(), called_) <= clock_.now()) {
                written_at_.push_back(clock_.now());
                std::array<float, dsp::frame_samples> frame;
                frame.fill(static_cast<float>(written_at_.size()));
                ring_.write(frame);
            }
            wakes_at_ = ring_.due(clock_.now(), called_) + up_to(microseconds(100), random_);
        }
    }
    /// How long the frame that is played has waited.
    Duration call() {
        std::array<float, device_channels * dsp::frame_samples> out;
        call_back(ring_, out.data(), nullptr, dsp::frame_samples);
        called_ = clock_.now();
        const auto frame = static_cast<std::size_t>(std::lround(out[0]));
        return frame == 0 ? Duration{} : clock_.now() - written_at_[frame - 1];
    }

    Random random_{1};
    ManualClock clock_;
    PlaybackRing ring_{clock_};
    TimePoint called_ = clock_.now();
    TimePoint wakes_at_ = clock_.now();
    std::vector<TimePoint> written_at_;
};

constexpr std::array<std::size_t, 9> periods_samples{128, 256,  441,  480, 512,
                                                     960, 1024, 1440, 2048};

TEST(PlaybackLead, ADeviceOfWhateverPeriodIsGivenEveryFrameInTimeOnceItIsKnown) {
    for (const auto samples : periods_samples) {
        const auto heard = Listening().to({.samples = samples}, seconds(200));
        EXPECT_LE(heard.holes, 5U) << samples;
        EXPECT_EQ(heard.holes_once_settled, 0U) << samples;
    }
}

TEST(PlaybackLead, SoIsOneThatCallsLateNowAndThen) {
    for (const auto samples : periods_samples) {
        const auto heard =
            Listening().to({.samples = samples, .jitter = milliseconds(5)}, seconds(200));
        EXPECT_LE(heard.holes, 10U) << samples;
        EXPECT_LE(heard.holes_once_settled, 1U) << samples << ": what may come has not all come";
    }
}

TEST(PlaybackLead, WhoNeedsNoMoreWaitsNoLonger) {
    for (const auto samples : std::array<std::size_t, 3>{480, 960, 1440}) {
        const auto heard = Listening().to({.samples = samples}, seconds(60));
        EXPECT_EQ(heard.holes, 0U) << samples;
        // Of the frames that it wants at once the first has waited for the last.
        const double together = 10.0 * (static_cast<double>(samples) / dsp::frame_samples - 1) / 2;
        const double least =
            std::chrono::duration<double, std::milli>(Duration(device_lead_min)).count();
        EXPECT_NEAR(heard.wait_ms, least + together, 0.1) << samples;
    }
}

TEST(PlaybackLead, WhatOneDeviceNeededIsForgottenWithTheNext) {
    Listening listening;
    EXPECT_GT(listening.to({.samples = 1024}, seconds(30)).wait_ms, 10.0);
    const auto after = listening.to({}, seconds(250), seconds(200));
    EXPECT_EQ(after.holes_once_settled, 0U);
    EXPECT_NEAR(after.wait_ms, 3.0, 0.1);
}

}  // namespace
}  // namespace partyline::audio
