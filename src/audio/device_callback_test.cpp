#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "audio/capture_ring.hpp"
#include "audio/playback_ring.hpp"
#include "base/log.hpp"
#include "base/random.hpp"

namespace partyline::audio {
namespace {

using std::chrono::milliseconds;

constexpr int devices = 1000;
constexpr std::size_t calls_each = 12;
constexpr std::size_t device_samples_max = 4'800;  // 100 ms: ten times what we ask for

/// How many samples a device of this seed asks for, call by call: some always the same, some as they like.
std::size_t next_size(Random& random, std::size_t period_samples, bool steady) {
    return steady ? period_samples : 1 + random.next() % (2 * period_samples);
}

/// What is written in mono comes out on both sides alike.
std::vector<float> in_stereo(std::span<const float> mono) {
    std::vector<float> both;
    for (const float sample : mono) {
        both.insert(both.end(), device_channels, sample);
    }
    return both;
}

/// Samples that tell which one is missing: 1, 2, 3 …, small enough for a float to be exact.
class Counting {
public:
    void fill(std::span<float> out) {
        for (auto& sample : out) {
            sample = static_cast<float>(++last_);
        }
    }

private:
    int last_ = 0;
};

// What is heard is what was written, sample by sample, then silence where nothing was: whatever the device.
void play_to_a_device(std::uint64_t seed) {
    Random random(seed);
    const auto period_samples = 1 + random.next() % (device_samples_max / 2);
    const bool steady = random.next() % 2 == 0;
    ManualClock clock;
    PlaybackRing ring(clock);
    Counting voice;
    std::deque<float> waiting;
    std::vector<float> out(device_channels * device_samples_max);
    std::uint64_t underruns = 0;
    bool playing = false;
    for (std::size_t call = 0; call < calls_each; ++call) {
        for (auto writes = random.next() % (2 + period_samples / dsp::frame_samples); writes > 0;
             --writes) {
            if (waiting.size() < device_channels * device_frames_ahead_max * dsp::frame_samples) {
                std::array<float, dsp::frame_samples> frame;
                voice.fill(frame);
                ring.write(frame);
                const auto both = in_stereo(frame);
                waiting.insert(waiting.end(), both.begin(), both.end());
            }
        }
        const auto samples = next_size(random, period_samples, steady);
        const auto asked = std::span(out).first(device_channels * samples);
        std::ranges::fill(asked, -1.0F);
        call_back(ring, asked.data(), nullptr, samples);
        clock.advance(length_of(samples));

        const auto there = std::min(asked.size(), waiting.size());
        ASSERT_TRUE(std::equal(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(there),
                               waiting.begin()))
            << "seed " << seed;
        ASSERT_TRUE(std::ranges::all_of(asked.subspan(there),
                                        [](float x) { return std::fpclassify(x) == FP_ZERO; }))
            << "seed " << seed;
        waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(there));
        underruns += playing && there < asked.size() ? 1U : 0U;
        playing = playing || there > 0;
        ASSERT_EQ(ring.underruns(), underruns) << "seed " << seed;
    }
}

TEST(DeviceCallback, AThousandPlaybackDevicesPlayWhatWasWrittenAndCountWhatWasNot) {
    for (std::uint64_t seed = 1; seed <= devices; ++seed) {
        ASSERT_NO_FATAL_FAILURE(play_to_a_device(seed));
    }
}

// What is read is what was captured, in frames of 10 ms, but for calls that found the ring full.
void capture_from_a_device(std::uint64_t seed) {
    Random random(seed);
    const auto period_samples = 1 + random.next() % (device_samples_max / 2);
    const bool steady = random.next() % 2 == 0;
    const bool stalls = random.next() % 4 == 0;  // the reader does nothing for the first half
    ManualClock clock;
    CaptureRing ring(clock);
    ring.want();
    Counting voice;
    std::deque<float> waiting;
    std::vector<float> in(device_samples_max);
    std::uint64_t overruns = 0;
    for (std::size_t call = 0; call < calls_each; ++call) {
        const auto captured = std::span(in).first(next_size(random, period_samples, steady));
        voice.fill(captured);
        clock.advance(length_of(captured.size()));
        call_back(ring, nullptr, in_stereo(captured).data(), captured.size());
        if (waiting.size() + captured.size() <= device_ring_samples) {
            waiting.insert(waiting.end(), captured.begin(), captured.end());
        } else {
            ++overruns;
        }
        ASSERT_EQ(ring.overruns(), overruns) << "seed " << seed;
        std::array<float, dsp::frame_samples> frame;
        ASSERT_EQ(ring.frames_waiting(), waiting.size() / dsp::frame_samples) << "seed " << seed;
        while (!(stalls && call < calls_each / 2) && ring.read(frame)) {
            ASSERT_GE(waiting.size(), frame.size());
            ASSERT_TRUE(std::equal(frame.begin(), frame.end(), waiting.begin())) << "seed " << seed;
            waiting.erase(waiting.begin(), waiting.begin() + dsp::frame_samples);
        }
    }
}

TEST(DeviceCallback, FromAThousandCaptureDevicesEverySampleIsReadOrItsLossCounted) {
    for (std::uint64_t seed = 1; seed <= devices; ++seed) {
        ASSERT_NO_FATAL_FAILURE(capture_from_a_device(seed));
    }
}

TEST(DeviceCallback, TheRingOfACaptureDeviceHoldsWhatItsLimitSaysAndNoSampleMore) {
    ManualClock clock;
    CaptureRing ring(clock);
    ring.want();
    const std::vector<float> full(device_channels * device_ring_samples);
    call_back(ring, nullptr, full.data(), device_ring_samples);
    EXPECT_EQ(ring.overruns(), 0U);
    call_back(ring, nullptr, full.data(), 1);
    EXPECT_EQ(ring.overruns(), 1U);
}

TEST(DeviceCallback, WhatIsCapturedWhileNobodyReadsIsNotLost) {
    ManualClock clock;
    CaptureRing ring(clock);
    ring.want();
    const std::vector<float> full(device_channels * device_ring_samples);
    call_back(ring, nullptr, full.data(), device_ring_samples);
    ring.forgo();
    call_back(ring, nullptr, full.data(), device_ring_samples);
    EXPECT_EQ(ring.overruns(), 0U);
    ring.drop();
    call_back(ring, nullptr, full.data(), dsp::frame_samples);
    std::array<float, dsp::frame_samples> frame;
    EXPECT_FALSE(ring.read(frame));
    ring.want();
    call_back(ring, nullptr, full.data(), dsp::frame_samples);
    EXPECT_TRUE(ring.read(frame));
}

TEST(DeviceCallback, StereoIsLeftAndRightBothWays) {
    ManualClock clock;
    PlaybackRing playback(clock);
    std::array<float, dsp::frame_samples> mid{};
    std::array<float, dsp::frame_samples> side{};
    mid.fill(0.5F);
    side.fill(0.25F);
    playback.write(mid, side);
    std::array<float, device_channels * dsp::frame_samples> both{};
    call_back(playback, both.data(), nullptr, dsp::frame_samples);
    EXPECT_EQ(both[0], 0.75F);
    EXPECT_EQ(both[1], 0.25F);
    CaptureRing capture(clock);
    capture.want();
    call_back(capture, nullptr, both.data(), dsp::frame_samples);
    std::array<float, dsp::frame_samples> mid_again{};
    std::array<float, dsp::frame_samples> side_again{};
    ASSERT_TRUE(capture.read(mid_again, side_again));
    EXPECT_EQ(mid_again, mid);
    EXPECT_EQ(side_again, side);
}

TEST(DeviceCallback, WhatWasCapturedBeforeAnybodyListenedIsNotHeard) {
    ManualClock clock;
    CaptureRing ring(clock);
    const std::array<float, device_channels * dsp::frame_samples> old{};
    call_back(ring, nullptr, old.data(), dsp::frame_samples);
    ring.want();
    std::array<float, dsp::frame_samples> frame;
    EXPECT_FALSE(ring.read(frame));
    EXPECT_EQ(ring.started(), TimePoint{});
}

/// A client that breaks the rule in the way it was given.
class Offender final : public DeviceClient {
public:
    explicit Offender(void (*offence)()) : offence_(offence) {}
    void exchange(float*, const float*, std::size_t) override { offence_(); }

private:
    void (*offence_)();
};

void offend(void (*offence)()) {
    Offender client(offence);
    call_back(client, nullptr, nullptr, 0);
}

struct Offence {
    const char* is;
    void (*commit)();
};

class RealTimeGuardDeathTest : public testing::Test {
protected:
    void SetUp() override {
#ifndef PARTYLINE_REAL_TIME_GUARD
        GTEST_SKIP() << "this build has no guard";
#endif
    }
    static void expect_deadly(const std::vector<Offence>& offences) {
        for (const auto& [is, commit] : offences) {
            EXPECT_DEATH(offend(commit), std::string("device callback ") + is);
        }
    }
};

TEST_F(RealTimeGuardDeathTest, ACallbackThatAllocatesLocksOrLogsAbortsAndSaysWhat) {
    static void* kept = ::operator new(16);
    static std::mutex mutex;
    expect_deadly(
        {{"allocated memory", [] { kept = ::operator new(16); }},
         {"allocated memory", [] { kept = std::malloc(16); }},
         {"allocated memory", [] { kept = std::calloc(2, 16); }},
         {"allocated memory", [] { kept = std::realloc(kept, 32); }},
         {"allocated memory", [] { kept = std::aligned_alloc(64, 64); }},
         {"allocated memory", [] { kept = ::posix_memalign(&kept, 64, 64) == 0 ? kept : nullptr; }},
         {"freed memory", [] { ::operator delete(kept); }},
         {"freed memory", [] { std::free(kept); }},
         {"locked a mutex", [] { const std::lock_guard lock(mutex); }},
         {"locked a mutex", [] { ::pthread_mutex_lock(mutex.native_handle()); }},
         {"logged", [] { log::warning("hello"); }},
         // A level that is off today is on for somebody else.
         {"logged", [] { log::debug("hello"); }}});
    ::operator delete(kept);
}

TEST_F(RealTimeGuardDeathTest, ACallbackThatWaitsOrWritesPastOurLogAbortsToo) {
    static std::mutex mutex;
    static std::timed_mutex timed_mutex;
    static std::condition_variable condition;
    static std::unique_lock lock(mutex);
    static int seven = 7;
    expect_deadly({{"waited", [] { condition.wait(lock); }},
                   {"waited", [] { condition.wait_for(lock, milliseconds(0)); }},
                   {"locked a mutex",
                    [] {
                        if (timed_mutex.try_lock_for(milliseconds(1))) {
                            timed_mutex.unlock();
                        }
                    }},
                   {"wrote something", [] { std::fputs("hello\n", stderr); }},
                   {"wrote something", [] { std::printf("%d\n", seven); }},
                   {"wrote something", [] { std::fprintf(stderr, "%d\n", seven); }},
                   {"wrote something", [] { seven = static_cast<int>(::write(2, "7\n", 2)); }},
                   {"wrote something", [] { std::cerr << "hello\n"; }}});
    lock.unlock();
}

TEST(RealTimeGuard, OutsideACallbackEverythingIsAllowed) {
    offend([] {});
    std::mutex mutex;
    const std::lock_guard lock(mutex);
    EXPECT_NE(std::make_unique<int>(1), nullptr);
    EXPECT_FALSE(in_real_time());
    // What stands before the C library passes everything on.
    EXPECT_EQ(std::printf("%s %d\n", "seven", 7), 8);
    EXPECT_EQ(std::fprintf(stdout, "%s %.1f\n", "seven", 7.5), 10);
    void* memory = nullptr;
    ASSERT_EQ(::posix_memalign(&memory, 256, 100), 0);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 256, 0U);
    std::free(memory);
    std::timed_mutex timed_mutex;
    EXPECT_TRUE(timed_mutex.try_lock_for(std::chrono::milliseconds(1)));
    timed_mutex.unlock();
    std::mutex other;
    std::unique_lock waiting(other);
    std::condition_variable condition;
    EXPECT_EQ(condition.wait_for(waiting, std::chrono::milliseconds(0)), std::cv_status::timeout);
}

}  // namespace
}  // namespace partyline::audio
