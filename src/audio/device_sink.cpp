#include <memory>
#include <string>
#include <utility>

#include "audio/device_stream.hpp"
#include "audio/playback_ring.hpp"
#include "audio/source.hpp"

namespace partyline::audio {
namespace {

class DeviceSink final : public Sink {
public:
    static Result<std::unique_ptr<Sink>> open(const std::string& device) {
        std::unique_ptr<DeviceSink> sink(new DeviceSink);
        auto stream = DeviceStream::open(Direction::playback, device, sink->ring_);
        if (!stream) {
            return std::unexpected(std::move(stream).error());
        }
        sink->stream_ = *std::move(stream);
        return sink;
    }

    [[nodiscard]] TimePoint due(TimePoint now) const override {
        return ring_.due(now, stream_->last_callback());
    }
    void write(dsp::ConstFrame frame) override { ring_.write(frame); }
    void write(dsp::ConstFrame mid, dsp::ConstFrame side) override { ring_.write(mid, side); }
    void rest() override { ring_.rest(); }
    [[nodiscard]] TimePoint started() const override { return ring_.started(); }
    Result<void> close() override {
        stream_.reset();
        return {};
    }
    [[nodiscard]] std::uint64_t underruns() const override { return ring_.underruns(); }

    void on_device_change(OnDeviceChange listener) override {
        if (stream_) {
            stream_->on_change(std::move(listener));
        }
    }

private:
    DeviceSink() = default;

    SystemClock clock_;
    PlaybackRing ring_{clock_};
    std::unique_ptr<DeviceStream> stream_;  // last: its callbacks use the above
};

}  // namespace

Result<std::unique_ptr<Sink>> open_device_sink(const std::string& device) {
    return DeviceSink::open(device);
}

}  // namespace partyline::audio
