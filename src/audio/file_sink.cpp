#include "audio/file_sink.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <format>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "audio/limits.hpp"
#include "audio/playout_clock.hpp"
#include "audio/sound_file.hpp"
#include "base/spsc_ring.hpp"

namespace partyline::audio {
namespace {

constexpr std::array<float, dsp::frame_samples> silence{};

/// What libsndfile calls the format that the path's ending asks for; nothing for another ending.
std::optional<int> format_of(std::string_view path) {
    const auto dot = path.rfind('.');
    std::string ending(dot == std::string_view::npos ? "" : path.substr(dot));
    std::ranges::transform(ending, ending.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    if (ending == ".wav") {
        return SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    }
    if (ending == ".flac") {
        return SF_FORMAT_FLAC | SF_FORMAT_PCM_24;
    }
    return std::nullopt;
}

/// Frames go through a ring to a thread that writes them, because a disk may stall for longer than
/// the voice thread has.
class FileSink final : public Sink {
public:
    FileSink(std::string path, SoundFile file, std::unique_ptr<Clock> clock)
        : path_(std::move(path)),
          clock_(std::move(clock)),
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

    const std::string path_;
    const std::unique_ptr<Clock> clock_;
    // Starts with the first due(), which changes nothing that a caller can see but started().
    mutable PlayoutClock playout_;
    std::uint64_t lost_samples_ = 0;  // the queue was full

    // The writer's own until it is joined.
    SoundFile file_;
    std::uint64_t written_samples_ = 0;
    std::string failure_;
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
        const auto room = recording_samples_max - written_samples_;
        const auto wanted = static_cast<sf_count_t>(std::min<std::uint64_t>(count, room));
        const auto done = sf_writef_float(file_.get(), chunk_.data(), wanted);
        written_samples_ += static_cast<std::uint64_t>(done);
        if (done != wanted && failure_.empty()) {
            failure_ = sf_strerror(file_.get());
        } else if (wanted < static_cast<sf_count_t>(count) && failure_.empty()) {
            failure_ = "the file is full; the rest was left out";
        }
    }
    // A killed program's recording can then be read up to here.
    sf_command(file_.get(), SFC_UPDATE_HEADER_NOW, nullptr, 0);
}

void FileSink::finish() {
    if (!file_) {
        return;
    }
    writer_.request_stop();
    writer_.join();
    if (sf_close(file_.release()) != 0 && failure_.empty()) {
        failure_ = "closing the file failed";
    }
}

Result<void> FileSink::close() {
    finish();
    if (!failure_.empty()) {
        return fail(ErrorCode::io, std::format("cannot write {}: {}", path_, failure_));
    }
    if (lost_samples_ > 0) {
        return fail(ErrorCode::io,
                    std::format("{} has a hole: the disk was too slow for {} ms of sound", path_,
                                lost_samples_ * 1000 / dsp::sample_rate_hz));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path,
                                             std::unique_ptr<Clock> clock) {
    const auto format = format_of(path);
    if (!format) {
        return fail(ErrorCode::io,
                    std::format("cannot record to {}: the name must end in .wav or .flac", path));
    }
    SF_INFO info{};
    info.samplerate = static_cast<int>(dsp::sample_rate_hz);
    info.channels = 1;
    info.format = *format;
    auto file = open_sound_file(path, SFM_WRITE, info, "record to");
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    // Beyond full scale .flac would wrap around. The peak chunk of .wav holds the time of day.
    sf_command(file->get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
    sf_command(file->get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
    return std::make_unique<FileSink>(path, *std::move(file), std::move(clock));
}

Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path) {
    return open_file_sink(path, std::make_unique<SystemClock>());
}

}  // namespace partyline::audio
