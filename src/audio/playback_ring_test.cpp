#include "audio/playback_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace partyline::audio {
namespace {

using namespace std::chrono_literals;

class Playback : public testing::Test {
protected:
    void write() {
        ring.write(std::array<float, dsp::frame_samples>{});
        ++waiting;
    }
    /// The device asks for so much.
    void call(std::size_t samples = dsp::frame_samples) {
        std::array<float, device_channels * device_ring_samples> out;
        ring.exchange(out.data(), nullptr, samples);
        called = clock.now();
        waiting -= waiting > 0 ? 1U : 0U;
    }
    /// How far before the callback that needs it the next frame is wanted.
    [[nodiscard]] Duration lead() const {
        return called + periods(waiting + 1) - ring.due(clock.now(), called);
    }

    ManualClock clock;
    PlaybackRing ring{clock};
    TimePoint called = clock.now();
    std::uint64_t waiting = 0;
};

TEST_F(Playback, TheLeadGrowsWithEachMissingFrameUpToItsMostAndComesBackToItsLeast) {
    EXPECT_EQ(lead(), device_lead_min);
    write();
    call();
    for (int i = 0; i < 30; ++i) {
        const auto before = lead();
        EXPECT_LE(before, device_lead_max);
        call();  // nothing is there
        write();
        clock.advance(before);
        call();
        EXPECT_TRUE(lead() > before || before == device_lead_max);
    }
    EXPECT_EQ(lead(), device_lead_max);
    // What failed is not tried again before a minute has passed; but then.
    const auto grown_at = clock.now();
    while (clock.now() - grown_at < 150s) {
        for (auto due = ring.due(clock.now(), called); due < called + period;
             due = ring.due(clock.now(), called)) {
            clock.set(std::max(clock.now(), due));
            write();
        }
        clock.set(called + period);
        call();
        ASSERT_GE(lead(), device_lead_min);
        ASSERT_TRUE(lead() == device_lead_max || clock.now() - grown_at > 1min);
    }
    EXPECT_EQ(lead(), device_lead_min);
    EXPECT_EQ(ring.underruns(), 30U);
}

TEST_F(Playback, FramesKeepTheirPaceBesideADeviceThatStalls) {
    write();
    call();
    const auto written = clock.now();
    clock.advance(device_stall_max);
    EXPECT_EQ(ring.due(clock.now(), called), called + period - device_lead_min);
    clock.advance(1ns);
    EXPECT_EQ(ring.due(clock.now(), called), written + period);
    write();
    EXPECT_EQ(ring.due(clock.now(), called), clock.now() + period);
}

TEST_F(Playback, WhatNobodyHandedOverWasNotTooLate) {
    write();
    call();
    ring.rest();
    for (int i = 0; i < 100; ++i) {
        call();
    }
    EXPECT_EQ(ring.underruns(), 0U);
    write();
    call();
    call();
    EXPECT_EQ(ring.underruns(), 1U) << "whoever is back is counted again";
}

TEST_F(Playback, OnlySoManyFramesWait) {
    for (std::size_t i = 0; i < device_frames_ahead_max + 3; ++i) {
        write();
    }
    EXPECT_EQ(ring.due(clock.now(), called),
              called + periods(device_frames_ahead_max + 1) - device_lead_min);
}

}  // namespace
}  // namespace partyline::audio
