#include "audio/file_source.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "audio/limits.hpp"
#include "audio/pipe_reader.hpp"
#include "audio/sound_reader.hpp"

namespace partyline::audio {
namespace {

class FileSource final : public Source {
public:
    /// One of the two is there.
    struct From {
        std::optional<SoundReader> file;
        std::unique_ptr<PipeReader> pipe;
    };

    FileSource(From from, bool silence_after, std::unique_ptr<Pace> pace)
        : from_(std::move(from)), silence_after_(silence_after), pace_(std::move(pace)) {}

    bool read(dsp::Frame frame) override {
        std::array<float, dsp::frame_samples> side;
        return read(frame, side);
    }
    bool read(dsp::Frame mid, dsp::Frame side) override;
    [[nodiscard]] Duration waited() const override {
        return std::max<Duration>(pace_->now() - (origin_ + periods(frames_)), Duration{});
    }
    void stop() override {
        pace_->stop();
        if (from_.pipe) {
            from_.pipe->interrupt();
        }
    }
    void resume() override {
        begins_ = true;
        if (from_.pipe) {
            from_.pipe->resume();
        }
        pace_->resume();
    }
    [[nodiscard]] TimePoint started() const override {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }
    [[nodiscard]] bool finished() const override {
        return finished_.load(std::memory_order_acquire);
    }
    void on_device_change(OnDeviceChange listener) override {
        if (from_.pipe) {
            from_.pipe->on_device_change(std::move(listener));
        }
    }

private:
    PipeReader::Got next(dsp::Frame mid, dsp::Frame side);

    From from_;
    const bool silence_after_;
    const std::unique_ptr<Pace> pace_;
    std::uint64_t frames_ = 0;
    bool begins_ = true;  // or goes on, with the next read(), however long nobody came to that
    TimePoint origin_;    // when frame 0 would have been captured, had nobody stopped us
    std::atomic<Duration::rep> started_{0};
    std::atomic<bool> finished_{false};
};

bool FileSource::read(dsp::Frame mid, dsp::Frame side) {
    if (std::exchange(begins_, false)) {
        origin_ = pace_->now() - periods(frames_);
    }
    // Decoded before the wait, so that it adds no delay.
    const auto got = next(mid, side);
    if (got == PipeReader::Got::interrupted) {
        return false;
    }
    if (frames_ == 0) {
        started_.store(origin_.time_since_epoch().count(), std::memory_order_release);
    }
    if (got == PipeReader::Got::end) {
        finished_.store(true, std::memory_order_release);
        if (!silence_after_) {
            return false;
        }
    }
    if (got != PipeReader::Got::frame) {
        std::ranges::fill(mid, 0.0F);
        std::ranges::fill(side, 0.0F);
    }
    // Deadlines count from the start: a late reader catches up, and nothing drifts.
    ++frames_;
    return pace_->wait_until(origin_ + periods(frames_));
}

// Whoever writes into a pipe may pause; a microphone is then silent.
PipeReader::Got FileSource::next(dsp::Frame mid, dsp::Frame side) {
    if (!from_.pipe) {
        return from_.file->read(mid, side) ? PipeReader::Got::frame : PipeReader::Got::end;
    }
    if (!silence_after_) {
        return from_.pipe->read(mid, side, std::nullopt);
    }
    const auto silent_at = origin_ + periods(frames_ + 1) + device_stall_max;
    return from_.pipe->read(mid, side, std::max<Duration>(silent_at - pace_->now(), Duration{}));
}

}  // namespace

Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options,
                                                 std::unique_ptr<Pace> pace) {
    FileSource::From from;
    if (PipeReader::is_pipe(path)) {
        auto pipe = PipeReader::open(path);
        if (!pipe) {
            return std::unexpected(std::move(pipe).error());
        }
        from.pipe = *std::move(pipe);
        return std::make_unique<FileSource>(std::move(from), options.silence_after,
                                            std::move(pace));
    }
    const auto at_the_end = options.loop ? AtTheEnd::start_over : AtTheEnd::stop;
    auto reader = SoundReader::open(path, "play", at_the_end, Parts::mid_and_side);
    if (!reader) {
        return std::unexpected(std::move(reader).error());
    }
    from.file = *std::move(reader);
    return std::make_unique<FileSource>(std::move(from), options.silence_after, std::move(pace));
}

Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options) {
    return open_file_source(path, options, std::make_unique<SystemPace>());
}

}  // namespace partyline::audio
