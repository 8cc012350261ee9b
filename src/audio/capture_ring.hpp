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
        if (!ring_.write(std::span(in, samples))) {
            overruns_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    /// [voice-up] Samples are kept from the first call on.
    void want() { wanted_.store(true, std::memory_order_relaxed); }
    /// [voice-up] False, and `frame` untouched, while there is none.
    bool read(dsp::Frame frame) {
        if (ring_.size() < frame.size()) {
            return false;
        }
        ring_.read(frame);
        return true;
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

    SpscRing<float> ring_{device_ring_samples};
    std::atomic<bool> wanted_{false};
    std::atomic<Duration::rep> started_{0};
    std::atomic<std::uint64_t> overruns_{0};
};

}  // namespace partyline::audio
