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

namespace partyline::audio {
namespace {

constexpr std::array<float, dsp::frame_samples> silence{};

/// Frames go through a ring to a thread that writes them, because a disk may stall for longer than
/// the voice thread has.
class FileSink final : public Sink {
public:
    FileSink(SoundWriter file, std::unique_ptr<Clock> clock)
        : clock_(std::move(clock)),
          file_(std::move(file)),
          queue_(recording_queue_samples),
          writer_([this](const std::stop_token& stop) { write_until(stop); }) {}
    ~FileSink() override { finish(); }
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;

    [[nodiscard]] TimePoint due(TimePoint now) const override { return playout_.due(now); }
    [[nodiscard]] TimePoint started() const override { return playout_.started(); }
    [[nodiscard]] std::uint64_t underruns() const override { return playout_.underruns(); }
    void write(dsp::ConstFrame frame) override;
    Result<void> close() override;

private:
    void enqueue(dsp::ConstFrame frame);
    void write_until(const std::stop_token& stop);
    void write_queued();
    void finish();

    const std::unique_ptr<Clock> clock_;
    // Starts with the first due(), which changes nothing that a caller can see but started().
    mutable PlayoutClock playout_;
    std::uint64_t lost_samples_ = 0;  // the queue was full

    // The writer's own until it is joined.
    SoundWriter file_;
    std::vector<float> chunk_ = std::vector<float>(dsp::sample_rate_hz);

    SpscRing<float> queue_;
    std::mutex sleep_mutex_;
    std::condition_variable_any sleep_;
    std::jthread writer_;  // last: it uses all of the above
};

void FileSink::write(dsp::ConstFrame frame) {
    for (auto missed = playout_.hand_over(clock_->now()); missed > 0; --missed) {
        enqueue(silence);
    }
    enqueue(frame);
}

void FileSink::enqueue(dsp::ConstFrame frame) {
    if (!queue_.write(frame)) {
        lost_samples_ += frame.size();
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

Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path,
                                             std::unique_ptr<Clock> clock) {
    auto file = SoundWriter::create(path);
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    return std::make_unique<FileSink>(*std::move(file), std::move(clock));
}

Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path) {
    return open_file_sink(path, std::make_unique<SystemClock>());
}

}  // namespace partyline::audio
