#include "audio/file_sink.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
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

/// Frames go through a ring to a thread that writes them, because a disk may stall for longer than
/// the voice thread has.
class FileSink final : public Sink {
public:
    FileSink(SoundWriter file, Channels channels, std::unique_ptr<Clock> clock)
        : clock_(std::move(clock)),
          channels_(static_cast<std::size_t>(channels)),
          file_(std::move(file)),
          chunk_(channels_ * dsp::sample_rate_hz),
          queue_(channels_ * recording_queue_samples),
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

private:
    void enqueue(dsp::ConstFrame mid, dsp::ConstFrame side);
    void write_until(const std::stop_token& stop);
    void write_queued();
    void finish();

    const std::unique_ptr<Clock> clock_;
    const std::size_t channels_;
    // Starts with the first due(), which changes nothing that a caller can see but started().
    mutable PlayoutClock playout_;
    std::uint64_t lost_samples_ = 0;  // the queue was full

    // The writer's own until it is joined.
    SoundWriter file_;
    std::vector<float> chunk_;  // whole samples of all channels, as frames are queued whole

    SpscRing<float> queue_;
    std::mutex sleep_mutex_;
    std::condition_variable_any sleep_;
    std::jthread writer_;  // last: it uses all of the above
};

void FileSink::write(dsp::ConstFrame mid, dsp::ConstFrame side) {
    for (auto missed = playout_.hand_over(clock_->now()); missed > 0; --missed) {
        enqueue(silence, silence);
    }
    enqueue(mid, side);
}

void FileSink::enqueue(dsp::ConstFrame mid, dsp::ConstFrame side) {
    std::array<float, 2 * dsp::frame_samples> both;
    if (channels_ == 2) {
        dsp::join_stereo(mid, side, both);
    }
    if (!queue_.write(channels_ == 2 ? std::span<const float>(both) : mid)) {
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
    while (const auto count = queue_.read(chunk_)) {
        // What fails is told by close().
        (void)file_.write(std::span(chunk_).first(count));
    }
    file_.flush();
}

void FileSink::finish() {
    if (writer_.joinable()) {
        writer_.request_stop();
        writer_.join();
    }
}

Result<void> FileSink::close() {
    finish();
    if (auto closed = file_.close(); !closed) {
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
