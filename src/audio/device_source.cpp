#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <utility>

#include "audio/device_stream.hpp"
#include "audio/limits.hpp"
#include "audio/pace.hpp"
#include "audio/source.hpp"
#include "base/spsc_ring.hpp"

namespace partyline::audio {
namespace {

/// How soon a reader looks again for a frame whose time has come, as a callback may not wake it.
constexpr std::chrono::milliseconds look_again{1};

class DeviceSource final : public Source, private DeviceClient {
public:
    static Result<std::unique_ptr<Source>> open(const std::string& device) {
        std::unique_ptr<DeviceSource> source(new DeviceSource);
        auto stream = DeviceStream::open(Direction::capture, device, *source);
        if (!stream) {
            return std::unexpected(std::move(stream).error());
        }
        source->stream_ = *std::move(stream);
        return source;
    }

    bool read(dsp::Frame frame) override;
    void stop() override { pace_.stop(); }
    void resume() override;
    [[nodiscard]] TimePoint started() const override {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }

    void on_device_change(OnDeviceChange listener) override {
        stream_->on_change(std::move(listener));
    }

private:
    DeviceSource() = default;

    void exchange(float* out, const float* in, std::size_t samples) override;
    [[nodiscard]] TimePoint next_look(TimePoint now) const;

    SystemPace pace_;
    SpscRing<float> ring_{device_ring_samples};
    std::atomic<bool> wanted_{false};  // from the first read on
    std::atomic<Duration::rep> started_{0};
    TimePoint stalled_at_;  // [voice-up] when to go on with silence; zero before the first frame
    std::unique_ptr<DeviceStream> stream_;  // last: its callbacks use the above
};

void DeviceSource::exchange(float*, const float* in, std::size_t samples) {
    // What was captured before anybody listened is old when they do.
    if (!wanted_.load(std::memory_order_relaxed)) {
        return;
    }
    if (started_.load(std::memory_order_relaxed) == 0) {
        const auto first_sample_at = pace_.now() - length_of(samples);
        started_.store(first_sample_at.time_since_epoch().count(), std::memory_order_release);
    }
    // With the ring full nobody reads, and what is lost would have been too old to send.
    ring_.write(std::span(in, samples));
}

bool DeviceSource::read(dsp::Frame frame) {
    wanted_.store(true, std::memory_order_relaxed);
    while (ring_.size() < frame.size()) {
        const auto now = pace_.now();
        if (stalled_at_ != TimePoint{} && now >= stalled_at_) {
            std::ranges::fill(frame, 0.0F);
            stalled_at_ += period;
            return pace_.wait_until(now);
        }
        if (!pace_.wait_until(next_look(now))) {
            return false;
        }
    }
    ring_.read(frame);
    stalled_at_ = pace_.now() + period + device_stall_max;
    return pace_.wait_until(TimePoint{});
}

void DeviceSource::resume() {
    std::array<float, dsp::frame_samples> old;
    while (ring_.size() >= old.size()) {
        ring_.read(old);
    }
    stalled_at_ = {};
    pace_.resume();
}

TimePoint DeviceSource::next_look(TimePoint now) const {
    return std::max(stream_->last_callback() + period, now + look_again);
}

}  // namespace

Result<std::unique_ptr<Source>> open_device_source(const std::string& device) {
    return DeviceSource::open(device);
}

}  // namespace partyline::audio
