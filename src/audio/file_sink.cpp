#include "audio/file_sink.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <format>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "audio/limits.hpp"
#include "audio/playout_clock.hpp"
#include "audio/sound_writer.hpp"
#include "base/spsc_ring.hpp"
#include "dsp/stereo.hpp"

namespace partyline::audio {
namespace {

constexpr std::array<float, dsp::frame_samples> silence{};

/// How much is written at once.
constexpr std::size_t samples_at_once = dsp::sample_rate_hz;

/// However long nobody handed over anything, that takes no more room than a number.
struct Queued {
    std::uint64_t silent_before = 0;  // frames
    std::array<float, 2 * dsp::frame_samples> samples{};
};

/// Frames go through a ring to a thread that writes them, because a disk may stall for longer than
/// the voice thread has.
class FileSink final : public Sink {
public:
    FileSink(SoundWriter file, Channels channels, std::unique_ptr<Clock> clock)
        : clock_(std::move(clock)),
          channels_(static_cast<std::size_t>(channels)),
          file_(std::move(file)),
          queue_(recording_queue_samples / dsp::frame_samples),
          writer_([this](const std::stop_token& stop) { write_until(stop); }) {}
    ~FileSink() override { finish(); }
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;

    [[nodiscard]] TimePoint due(TimePoint now) const override { return playout_.due(now); }
    void rest() override { playout_.rest(); }
    [[nodiscard]] TimePoint started() const override { return playout_.started(); }
    [[nodiscard]] std::uint64_t underruns() const override { return playout_.underruns(); }
    void write(dsp::ConstFrame frame) override { write(frame, silence); }
    void write(dsp::ConstFrame mid, dsp::ConstFrame side) override;
    Result<void> close() override;
    void on_device_change(OnDeviceChange listener) override {
        const std::lock_guard lock(listener_mutex_);
        listener_ = std::move(listener);
    }

private:
    void write_until(const std::stop_token& stop);
    void write_queued();
    void save(std::span<const float> frame);
    void save_chunk();
    void tell_failure(const Result<void>& saved);
    void finish();

    const std::unique_ptr<Clock> clock_;
    const std::size_t channels_;
    // Starts with the first due(), which changes nothing that a caller can see but started().
    mutable PlayoutClock playout_;
    std::uint64_t lost_samples_ = 0;  // the queue was full
    std::uint64_t silent_ = 0;        // frames that the next one tells of

    // The writer's own until it is joined.
    SoundWriter file_;
    std::vector<float> chunk_;
    bool told_ = false;  // that the file takes no more

    std::mutex listener_mutex_;
    OnDeviceChange listener_;

    SpscRing<Queued> queue_;
    std::mutex sleep_mutex_;
    std::condition_variable_any sleep_;
    std::jthread writer_;  // last: it uses all of the above
};

void FileSink::write(dsp::ConstFrame mid, dsp::ConstFrame side) {
    silent_ += playout_.hand_over(clock_->now());
    Queued next{.silent_before = silent_};
    if (channels_ == 2) {
        dsp::join_stereo(mid, side, next.samples);
    } else {
        std::ranges::copy(mid, next.samples.begin());
    }
    if (queue_.push(Queued(next))) {
        silent_ = 0;
    } else {
        // Silent, too, so that what follows is at its place.
        ++silent_;
        lost_samples_ += mid.size();
    }
}

void FileSink::write_until(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::unique_lock lock(sleep_mutex_);
        sleep_.wait_for(lock, stop, recording_flush_period, [] { return false; });
        write_queued();
    }
    write_queued();
}

void FileSink::write_queued() {
    for (auto next = queue_.pop(); next; next = queue_.pop()) {
        if (next->silent_before > 0) {
            save_chunk();
            tell_failure(file_.write_silence(next->silent_before * dsp::frame_samples));
        }
        save(next->samples);
    }
    save_chunk();
    file_.flush();
}

void FileSink::save(std::span<const float> frame) {
    const auto samples = frame.first(channels_ * dsp::frame_samples);
    chunk_.insert(chunk_.end(), samples.begin(), samples.end());
    if (chunk_.size() >= channels_ * samples_at_once) {
        save_chunk();
    }
}

void FileSink::save_chunk() {
    const auto saved = file_.write(chunk_);
    chunk_.clear();
    tell_failure(saved);
}

// Whoever listens to us learns at once what fails; otherwise close() tells it.
void FileSink::tell_failure(const Result<void>& saved) {
    if (saved || told_) {
        return;
    }
    const std::lock_guard lock(listener_mutex_);
    if (listener_) {
        told_ = true;
        listener_({.state = DeviceChange::State::lost,
                   .message = "What is heard is recorded no more: " + saved.error().message});
    }
}

void FileSink::finish() {
    if (writer_.joinable()) {
        writer_.request_stop();
        writer_.join();
    }
}

Result<void> FileSink::close() {
    finish();
    auto closed = file_.close();
    if (told_) {
        return {};
    }
    if (!closed) {
        return closed;
    }
    if (lost_samples_ > 0) {
        return fail(ErrorCode::io,
                    std::format("{} has a hole: the disk was too slow for {} ms of sound",
                                file_.path(), lost_samples_ * 1000 / dsp::sample_rate_hz));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path, Channels channels,
                                             std::unique_ptr<Clock> clock) {
    auto file = SoundWriter::create(path, channels);
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    return std::make_unique<FileSink>(*std::move(file), channels, std::move(clock));
}

Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path, Channels channels) {
    return open_file_sink(path, channels, std::make_unique<SystemClock>());
}

}  // namespace partyline::audio
