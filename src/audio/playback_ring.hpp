// What lies between the thread that listens and a playback device.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "audio/device_client.hpp"
#include "audio/limits.hpp"
#include "base/clock.hpp"
#include "base/spsc_ring.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

/// Keeps as few frames ahead of the device as goes well. Owned by a device's sink.
class PlaybackRing final : public DeviceClient {
public:
    /// `clock` outlives it.
    explicit PlaybackRing(const Clock& clock) : clock_(clock) {}

    void exchange(float* out, const float* in, std::size_t samples) override;

    /// [voice-down] As Sink's; `called`: when the device last called back.
    [[nodiscard]] TimePoint due(TimePoint now, TimePoint called) const;
    /// [voice-down] As Sink's.
    void write(dsp::ConstFrame frame);
    void write(dsp::ConstFrame mid, dsp::ConstFrame side);
    /// [any] As Sink's.
    [[nodiscard]] TimePoint started() const {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }
    /// [any] As Sink's, in calls of the device.
    [[nodiscard]] std::uint64_t underruns() const {
        return underruns_.load(std::memory_order_relaxed);
    }

private:
    // Given.
    const Clock& clock_;

    SpscRing<float> ring_{device_channels * device_ring_samples};
    std::atomic<Duration::rep> started_{0};
    std::atomic<std::uint64_t> underruns_{0};

    // [voice-down]
    Duration lead_ = device_lead_min;
    TimePoint written_at_;
    std::uint64_t underruns_seen_ = 0;
};

}  // namespace partyline::audio
