#include "audio/file_source.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "audio/limits.hpp"
#include "audio/sound_reader.hpp"

namespace partyline::audio {
namespace {

class FileSource final : public Source {
public:
    FileSource(SoundReader reader, bool silence_after, std::unique_ptr<Pace> pace)
        : reader_(std::move(reader)), silence_after_(silence_after), pace_(std::move(pace)) {}

    bool read(dsp::Frame frame) override {
        std::array<float, dsp::frame_samples> side;
        return read(frame, side);
    }
    bool read(dsp::Frame mid, dsp::Frame side) override;
    void stop() override { pace_->stop(); }
    void resume() override {
        origin_ = pace_->now() - periods(frames_);
        pace_->resume();
    }
    [[nodiscard]] TimePoint started() const override {
        return TimePoint(Duration(started_.load(std::memory_order_acquire)));
    }
    [[nodiscard]] bool finished() const override {
        return finished_.load(std::memory_order_acquire);
    }

private:
    SoundReader reader_;
    const bool silence_after_;
    const std::unique_ptr<Pace> pace_;
    std::uint64_t frames_ = 0;
    TimePoint origin_;  // when frame 0 would have been captured, had nobody stopped us
    std::atomic<Duration::rep> started_{0};
    std::atomic<bool> finished_{false};
};

bool FileSource::read(dsp::Frame mid, dsp::Frame side) {
    if (frames_ == 0) {
        origin_ = pace_->now();
        started_.store(origin_.time_since_epoch().count(), std::memory_order_release);
    }
    // Decoded before the wait, so that it adds no delay.
    if (!reader_.read(mid, side)) {
        finished_.store(true, std::memory_order_release);
        if (!silence_after_) {
            return false;
        }
    }
    // Deadlines count from the start: a late reader catches up, and nothing drifts.
    ++frames_;
    return pace_->wait_until(origin_ + periods(frames_));
}

}  // namespace

Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options,
                                                 std::unique_ptr<Pace> pace) {
    const auto at_the_end = options.loop ? AtTheEnd::start_over : AtTheEnd::stop;
    auto reader = SoundReader::open(path, "play", at_the_end, Parts::mid_and_side);
    if (!reader) {
        return std::unexpected(std::move(reader).error());
    }
    return std::make_unique<FileSource>(*std::move(reader), options.silence_after, std::move(pace));
}

Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options) {
    return open_file_source(path, options, std::make_unique<SystemPace>());
}

}  // namespace partyline::audio
