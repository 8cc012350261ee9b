// What lies between the thread that listens and a playback device.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "audio/device_client.hpp"
#include "audio/limits.hpp"
#include "base/clock.hpp"
#include "base/spsc_ring.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

/// Keeps as few frames ahead of the device as goes well: learns from each callback how long before it a frame had to be
/// there, and from what was missing. Owned by a device's sink.
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
    void rest() { resting_.store(true, std::memory_order_relaxed); }
    /// [any] As Sink's.
    [[nodiscard]] TimePoint started() const {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }
    /// [any] As Sink's, in calls of the device.
    [[nodiscard]] std::uint64_t underruns() const {
        return underruns_.load(std::memory_order_relaxed);
    }

private:
    static constexpr Duration::rep nothing_needed = 0;

    void note_need(Duration lead);
    void learn();

    // Given.
    const Clock& clock_;

    SpscRing<float> ring_{device_channels * device_ring_samples};
    std::atomic<Duration::rep> started_{0};
    std::atomic<std::uint64_t> underruns_{0};
    std::atomic<bool> resting_{false};
    /// The shortest lead that would have done for all that was read since the last write().
    std::atomic<Duration::rep> needed_{nothing_needed};
    /// For each frame that waits when it would have been written without any lead. A place is written before the
    /// frame is, read with it, and not written again before twice as many frames as may wait.
    std::array<TimePoint, 2 * device_frames_ahead_max> latest_;

    // [audio]
    std::uint64_t samples_read_ = 0;  // of both channels

    // [voice-down]
    Duration lead_ = device_lead_min;
    TimePoint written_at_;
    std::uint64_t underruns_seen_ = 0;
    std::uint64_t frames_kept_ = 0;
    Duration newest_{};  // the most that was needed since, and in the time before that
    Duration before_{};
    TimePoint newest_since_;
};

}  // namespace partyline::audio
