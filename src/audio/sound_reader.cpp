#include "audio/sound_reader.hpp"

#include <algorithm>
#include <array>
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

/// Reads one part of a sound file at its own rate.
class PartReader {
public:
    PartReader(SoundFile file, std::size_t channels, Part part)
        : file_(std::move(file)), channels_(channels), part_(part) {}

    /// Fills `out` as far as the file goes; says how many samples.
    std::size_t read(std::span<float> out) {
        interleaved_.resize(out.size() * channels_);
        const auto frames =
            sf_readf_float(file_.get(), interleaved_.data(), static_cast<sf_count_t>(out.size()));
        const auto count = frames > 0 ? static_cast<std::size_t>(frames) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            out[i] = part_of({interleaved_.data() + i * channels_, channels_});
        }
        return count;
    }

    /// False if the file cannot be read a second time.
    bool rewind() { return sf_seek(file_.get(), 0, SEEK_SET) == 0; }

private:
    [[nodiscard]] float part_of(std::span<const float> channels) const {
        if (part_ == Part::side) {
            return channels.size() == 2 ? 0.5F * (channels[0] - channels[1]) : 0.0F;
        }
        float sum = 0;
        for (const float sample : channels) {
            sum += sample;
        }
        return sum / static_cast<float>(channels.size());
    }

    SoundFile file_;
    std::size_t channels_;
    Part part_;
    std::vector<float> interleaved_;
};

}  // namespace

struct SoundReader::State {
    State(PartReader part, std::optional<dsp::Resampler> converter, const SoundShape& as_it_is,
          AtTheEnd then)
        : reader(std::move(part)),
          resampler(std::move(converter)),
          shape(as_it_is),
          at_the_end(then) {}

    std::size_t read_some(std::span<float> out) {
        if (waiting.empty() && !drained) {
            const auto count = reader.read(chunk);
            waiting = std::span(chunk).first(count);
            drained = count == 0;
        }
        const auto count = drained ? drain(out) : convert(out);
        given += count;
        if (drained && count == 0) {
            start_over();
        }
        return count;
    }

    std::size_t convert(std::span<float> out) {
        dsp::Resampler::Progress progress{};
        if (resampler) {
            progress = resampler->process(waiting, out);
        } else {
            const auto count = std::min(waiting.size(), out.size());
            std::ranges::copy(waiting.first(count), out.begin());
            progress = {.taken = count, .given = count};
        }
        waiting = waiting.subspan(progress.taken);
        return progress.given;
    }

    std::size_t drain(std::span<float> out) { return resampler ? resampler->finish(out) : 0; }

    void start_over() {
        // A file that gives nothing would be started over for ever.
        ended = at_the_end == AtTheEnd::stop || given == 0 || !reader.rewind();
        drained = false;
        given = 0;
        if (resampler) {
            resampler->reset();
        }
    }

    PartReader reader;
    std::optional<dsp::Resampler> resampler;
    const SoundShape shape;
    const AtTheEnd at_the_end;
    std::array<float, 1024> chunk{};
    std::span<const float> waiting;  // of `chunk`, not yet taken by the resampler
    std::uint64_t given = 0;         // since the file's beginning
    bool drained = false;            // the file's last sample is in the resampler
    bool ended = false;
};

SoundReader::SoundReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SoundReader::~SoundReader() = default;
SoundReader::SoundReader(SoundReader&&) noexcept = default;
SoundReader& SoundReader::operator=(SoundReader&&) noexcept = default;

const SoundShape& SoundReader::shape() const { return state_->shape; }

bool SoundReader::read(dsp::Frame frame) {
    std::size_t have = 0;
    while (have < frame.size() && !state_->ended) {
        have += state_->read_some(frame.subspan(have));
    }
    std::ranges::fill(frame.subspan(have), 0.0F);
    return have > 0;
}

Result<SoundReader> SoundReader::open(const std::string& path, const char* doing,
                                      AtTheEnd at_the_end, Part part) {
    SF_INFO info{};
    auto file = open_sound_file(path, SFM_READ, info, doing);
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    if (info.channels > file_channels_max || info.samplerate < file_rate_hz_min ||
        info.samplerate > file_rate_hz_max) {
        return fail(ErrorCode::io,
                    std::format("cannot {} {}: {} channels at {} Hz is not supported", doing, path,
                                info.channels, info.samplerate));
    }
    const SoundShape shape{
        .rate_hz = static_cast<unsigned>(info.samplerate),
        .channels = static_cast<unsigned>(info.channels),
        .samples = static_cast<std::uint64_t>(std::max<sf_count_t>(info.frames, 0))};
    std::optional<dsp::Resampler> resampler;
    if (shape.rate_hz != dsp::sample_rate_hz) {
        auto made = dsp::Resampler::create(shape.rate_hz);
        if (!made) {
            return fail(ErrorCode::io,
                        std::format("cannot {} {}: {}", doing, path, made.error().message));
        }
        resampler = *std::move(made);
    }
    return SoundReader(std::make_unique<State>(PartReader(*std::move(file), shape.channels, part),
                                               std::move(resampler), shape, at_the_end));
}

}  // namespace partyline::audio
