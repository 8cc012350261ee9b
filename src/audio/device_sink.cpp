#include <algorithm>
#include <atomic>
#include <span>
#include <utility>

#include "audio/device_stream.hpp"
#include "audio/limits.hpp"
#include "audio/source.hpp"
#include "base/spsc_ring.hpp"

namespace partyline::audio {
namespace {

/// How the lead moves: up at once when a frame was missing, down by 1 ms for each second without.
constexpr Duration lead_step_up = std::chrono::milliseconds(2);
constexpr Duration lead_step_down = std::chrono::microseconds(10);

class DeviceSink final : public Sink, private DeviceClient {
public:
    static Result<std::unique_ptr<Sink>> open(const std::string& device) {
        std::unique_ptr<DeviceSink> sink(new DeviceSink);
        auto stream = DeviceStream::open(Direction::playback, device, *sink);
        if (!stream) {
            return std::unexpected(std::move(stream).error());
        }
        sink->stream_ = *std::move(stream);
        return sink;
    }

    [[nodiscard]] TimePoint due(TimePoint now) const override;
    void write(dsp::ConstFrame frame) override;
    [[nodiscard]] TimePoint started() const override {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }
    Result<void> close() override {
        stream_.reset();
        return {};
    }
    [[nodiscard]] std::uint64_t underruns() const override {
        return underruns_.load(std::memory_order_relaxed);
    }

    void on_device_change(OnDeviceChange listener) override {
        if (stream_) {
            stream_->on_change(std::move(listener));
        }
    }

private:
    DeviceSink() = default;

    void exchange(float* out, const float* in, std::size_t samples) override;

    SystemClock clock_;
    SpscRing<float> ring_{device_ring_samples};
    std::atomic<Duration::rep> started_{0};
    std::atomic<std::uint64_t> underruns_{0};

    // [voice-down]
    Duration lead_ = device_lead_min;
    TimePoint written_at_;
    std::uint64_t underruns_seen_ = 0;

    std::unique_ptr<DeviceStream> stream_;  // last: its callbacks use the above
};

void DeviceSink::exchange(float* out, const float*, std::size_t samples) {
    const auto count = ring_.read(std::span(out, samples));
    std::fill(out + count, out + samples, 0.0F);
    if (started_.load(std::memory_order_relaxed) != 0) {
        if (count < samples) {
            underruns_.fetch_add(1, std::memory_order_relaxed);
        }
    } else if (count > 0) {
        // The device plays the period before while it asks for this one.
        started_.store((clock_.now() + period).time_since_epoch().count(),
                       std::memory_order_release);
    }
}

TimePoint DeviceSink::due(TimePoint now) const {
    const auto called = stream_->last_callback();
    if (now - called > device_stall_max) {
        // Nobody plays. Frames keep their pace, so that voices do not pile up before the sink.
        return written_at_ + period;
    }
    const auto frames_ahead = ring_.size() / dsp::frame_samples;
    return called + periods(frames_ahead + 1) - lead_;
}

void DeviceSink::write(dsp::ConstFrame frame) {
    written_at_ = clock_.now();
    const auto underruns = underruns_.load(std::memory_order_relaxed);
    lead_ = underruns == underruns_seen_ ? lead_ - lead_step_down : lead_ + lead_step_up;
    lead_ = std::clamp<Duration>(lead_, device_lead_min, device_lead_max);
    underruns_seen_ = underruns;
    if (ring_.size() < device_frames_ahead_max * dsp::frame_samples) {
        ring_.write(frame);
    }
}

}  // namespace

Result<std::unique_ptr<Sink>> open_device_sink(const std::string& device) {
    return DeviceSink::open(device);
}

}  // namespace partyline::audio
