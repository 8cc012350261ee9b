#include "audio/file_source.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <format>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "audio/limits.hpp"
#include "audio/sound_file.hpp"
#include "dsp/resampler.hpp"

namespace partyline::audio {
namespace {

/// Reads a sound file as mono at its own rate.
class MonoReader {
public:
    MonoReader(SoundFile file, int channels)
        : file_(std::move(file)), channels_(static_cast<std::size_t>(channels)) {}

    /// Fills `out` as far as the file goes; says how many samples. What cannot be decoded any
    /// more counts as the end.
    std::size_t read(std::span<float> out) {
        interleaved_.resize(out.size() * channels_);
        const auto frames =
            sf_readf_float(file_.get(), interleaved_.data(), static_cast<sf_count_t>(out.size()));
        const auto count = frames > 0 ? static_cast<std::size_t>(frames) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::span channel(interleaved_.data() + i * channels_, channels_);
            float sum = 0;
            for (const float sample : channel) {
                sum += sample;
            }
            out[i] = sum / static_cast<float>(channels_);
        }
        return count;
    }

    /// False if the file cannot be read a second time.
    bool rewind() { return sf_seek(file_.get(), 0, SEEK_SET) == 0; }

private:
    SoundFile file_;
    std::size_t channels_;
    std::vector<float> interleaved_;
};

/// A sound file at 48 kHz, mono, from its beginning to its end, or again and again.
class FrameReader {
public:
    /// Without a resampler the file has our rate and comes through bit for bit.
    FrameReader(MonoReader reader, std::optional<dsp::Resampler> resampler, bool loop)
        : reader_(std::move(reader)), resampler_(std::move(resampler)), loop_(loop) {}

    /// Fills the frame, with silence where the file has ended. False if there was nothing left.
    bool read(dsp::Frame frame) {
        std::size_t have = 0;
        while (have < frame.size() && !ended_) {
            have += read_some(frame.subspan(have));
        }
        std::ranges::fill(frame.subspan(have), 0.0F);
        return have > 0;
    }

private:
    std::size_t read_some(std::span<float> out) {
        if (waiting_.empty() && !drained_) {
            const auto count = reader_.read(chunk_);
            waiting_ = std::span(chunk_).first(count);
            drained_ = count == 0;
        }
        const auto count = drained_ ? drain(out) : convert(out);
        given_ += count;
        if (drained_ && count == 0) {
            start_over();
        }
        return count;
    }

    std::size_t convert(std::span<float> out) {
        dsp::Resampler::Progress progress{};
        if (resampler_) {
            progress = resampler_->process(waiting_, out);
        } else {
            const auto count = std::min(waiting_.size(), out.size());
            std::ranges::copy(waiting_.first(count), out.begin());
            progress = {.taken = count, .given = count};
        }
        waiting_ = waiting_.subspan(progress.taken);
        return progress.given;
    }

    std::size_t drain(std::span<float> out) { return resampler_ ? resampler_->finish(out) : 0; }

    void start_over() {
        // A file that gives nothing would be started over for ever.
        ended_ = !loop_ || given_ == 0 || !reader_.rewind();
        drained_ = false;
        given_ = 0;
        if (resampler_) {
            resampler_->reset();
        }
    }

    MonoReader reader_;
    std::optional<dsp::Resampler> resampler_;
    const bool loop_;
    std::array<float, 1024> chunk_{};
    std::span<const float> waiting_;  // of chunk_, not yet taken by the resampler
    std::uint64_t given_ = 0;         // since the file's beginning
    bool drained_ = false;            // the file's last sample is in the resampler
    bool ended_ = false;
};

class FileSource final : public Source {
public:
    FileSource(std::unique_ptr<FrameReader> reader, bool silence_after, std::unique_ptr<Pace> pace)
        : reader_(std::move(reader)), silence_after_(silence_after), pace_(std::move(pace)) {}

    bool read(dsp::Frame frame) override;
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
    const std::unique_ptr<FrameReader> reader_;
    const bool silence_after_;
    const std::unique_ptr<Pace> pace_;
    std::uint64_t frames_ = 0;
    TimePoint origin_;  // when frame 0 would have been captured, had nobody stopped us
    std::atomic<Duration::rep> started_{0};
    std::atomic<bool> finished_{false};
};

bool FileSource::read(dsp::Frame frame) {
    if (frames_ == 0) {
        origin_ = pace_->now();
        started_.store(origin_.time_since_epoch().count(), std::memory_order_release);
    }
    // Decoded before the wait, so that it adds no delay.
    if (!reader_->read(frame)) {
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
    SF_INFO info{};
    auto file = open_sound_file(path, SFM_READ, info, "play");
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    if (info.channels > file_channels_max || info.samplerate < file_rate_hz_min ||
        info.samplerate > file_rate_hz_max) {
        return fail(ErrorCode::io,
                    std::format("cannot play {}: {} channels at {} Hz is not supported", path,
                                info.channels, info.samplerate));
    }
    std::optional<dsp::Resampler> resampler;
    if (const auto rate_hz = static_cast<unsigned>(info.samplerate);
        rate_hz != dsp::sample_rate_hz) {
        auto made = dsp::Resampler::create(rate_hz);
        if (!made) {
            return fail(ErrorCode::io,
                        std::format("cannot play {}: {}", path, made.error().message));
        }
        resampler = *std::move(made);
    }
    auto reader = std::make_unique<FrameReader>(MonoReader(*std::move(file), info.channels),
                                                std::move(resampler), options.loop);
    return std::make_unique<FileSource>(std::move(reader), options.silence_after, std::move(pace));
}

Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options) {
    return open_file_source(path, options, std::make_unique<SystemPace>());
}

}  // namespace partyline::audio
