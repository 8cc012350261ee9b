#include <algorithm>
#include <array>
#include <utility>

#include "audio/capture_ring.hpp"
#include "audio/device_stream.hpp"
#include "audio/limits.hpp"
#include "audio/pace.hpp"
#include "audio/source.hpp"

namespace partyline::audio {
namespace {

/// How soon a reader looks again for a frame whose time has come, as a callback may not wake it.
constexpr std::chrono::milliseconds look_again{1};

class DeviceSource final : public Source {
public:
    static Result<std::unique_ptr<Source>> open(const std::string& device) {
        std::unique_ptr<DeviceSource> source(new DeviceSource);
        auto stream = DeviceStream::open(Direction::capture, device, source->ring_);
        if (!stream) {
            return std::unexpected(std::move(stream).error());
        }
        source->stream_ = *std::move(stream);
        return source;
    }

    bool read(dsp::Frame frame) override;
    bool read(dsp::Frame mid, dsp::Frame side) override;
    [[nodiscard]] Duration waited() const override { return periods(ring_.frames_waiting()); }
    void stop() override;
    void resume() override;
    [[nodiscard]] TimePoint started() const override { return ring_.started(); }
    [[nodiscard]] std::uint64_t overruns() const override { return ring_.overruns(); }

    void on_device_change(OnDeviceChange listener) override {
        stream_->on_change(std::move(listener));
    }

private:
    DeviceSource() = default;

    bool wait_for_frame(dsp::Frame mid, dsp::Frame side);
    [[nodiscard]] TimePoint next_look(TimePoint now) const;

    SystemPace pace_;
    SystemClock clock_;
    CaptureRing ring_{clock_};
    TimePoint stalled_at_;  // [voice-up] when to go on with silence; zero before the first frame
    std::unique_ptr<DeviceStream> stream_;  // last: its callbacks use the above
};

bool DeviceSource::read(dsp::Frame frame) {
    std::array<float, dsp::frame_samples> side;
    return read(frame, side);
}

bool DeviceSource::read(dsp::Frame mid, dsp::Frame side) {
    ring_.want();
    const bool got = wait_for_frame(mid, side);
    if (!got) {
        // stop() may have come before we wanted any.
        ring_.forgo();
    }
    return got;
}

bool DeviceSource::wait_for_frame(dsp::Frame mid, dsp::Frame side) {
    while (!ring_.read(mid, side)) {
        const auto now = pace_.now();
        if (stalled_at_ != TimePoint{} && now >= stalled_at_) {
            std::ranges::fill(mid, 0.0F);
            std::ranges::fill(side, 0.0F);
            stalled_at_ += period;
            return pace_.wait_until(now);
        }
        if (!pace_.wait_until(next_look(now))) {
            return false;
        }
    }
    stalled_at_ = pace_.now() + period + device_stall_max;
    return pace_.wait_until(TimePoint{});
}

// In this order: a read() that still gets its frame has wanted it before.
void DeviceSource::stop() {
    pace_.stop();
    ring_.forgo();
}

void DeviceSource::resume() {
    ring_.drop();
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
