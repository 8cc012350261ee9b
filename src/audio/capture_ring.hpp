// What lies between a capture device and the thread that speaks.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "audio/device_client.hpp"
#include "audio/limits.hpp"
#include "base/clock.hpp"
#include "base/spsc_ring.hpp"
#include "dsp/format.hpp"
#include "dsp/stereo.hpp"

namespace partyline::audio {

/// Owned by a device's source.
class CaptureRing final : public DeviceClient {
public:
    /// `clock` outlives it.
    explicit CaptureRing(const Clock& clock) : clock_(clock) {}

    void exchange(float*, const float* in, std::size_t samples) override {
        // What was captured before anybody listened is old when they do.
        if (!wanted_.load(std::memory_order_relaxed)) {
            return;
        }
        if (started_.load(std::memory_order_relaxed) == 0) {
            const auto first_sample_at = clock_.now() - length_of(samples);
            started_.store(first_sample_at.time_since_epoch().count(), std::memory_order_release);
        }
        // With the ring full nobody reads, and what is lost would have been too old to send.
        if (!ring_.write(std::span(in, device_channels * samples))) {
            overruns_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    /// [voice-up] Samples are kept from the first call on.
    void want() { wanted_.store(true, std::memory_order_relaxed); }
    /// [any] Nobody reads any more: samples are neither kept nor, where there is no room, counted as lost.
    void forgo() { wanted_.store(false, std::memory_order_relaxed); }
    /// [voice-up] As Source's; false, and both untouched, while there is no frame.
    bool read(dsp::Frame mid, dsp::Frame side) {
        std::array<float, device_channels * dsp::frame_samples> both;
        if (ring_.size() < both.size()) {
            return false;
        }
        ring_.read(both);
        dsp::split_stereo(both, mid, side);
        return true;
    }
    bool read(dsp::Frame frame) {
        std::array<float, dsp::frame_samples> side;
        return read(frame, side);
    }
    /// [voice-up] Whole ones that have come and were not read.
    [[nodiscard]] std::size_t frames_waiting() const {
        return ring_.size() / (device_channels * dsp::frame_samples);
    }
    /// [voice-up] Drops the frames that wait.
    void drop() {
        std::array<float, dsp::frame_samples> old;
        while (read(old)) {
        }
    }
    /// [any] As Source's.
    [[nodiscard]] TimePoint started() const {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }
    /// [any] As Source's.
    [[nodiscard]] std::uint64_t overruns() const {
        return overruns_.load(std::memory_order_relaxed);
    }

private:
    // Given.
    const Clock& clock_;

    SpscRing<float> ring_{device_channels * device_ring_samples};
    std::atomic<bool> wanted_{false};
    std::atomic<Duration::rep> started_{0};
    std::atomic<std::uint64_t> overruns_{0};
};

}  // namespace partyline::audio
