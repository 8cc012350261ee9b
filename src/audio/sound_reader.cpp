#include "audio/sound_reader.hpp"

#include <algorithm>
#include <array>
#include <cassert>
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

constexpr std::size_t chunk_samples = 1024;

/// One part of the file on its way to our rate.
struct Line {
    explicit Line(std::optional<dsp::Resampler> converter) : resampler(std::move(converter)) {}

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

    std::optional<dsp::Resampler> resampler;
    std::array<float, chunk_samples> chunk{};
    std::span<const float> waiting;  // of `chunk`, not yet taken by the resampler
};

/// Half the sum of two channels; of more, or one, the mean.
float mid_of(std::span<const float> channels) {
    float sum = 0;
    for (const float sample : channels) {
        sum += sample;
    }
    return sum / static_cast<float>(channels.size());
}

}  // namespace

struct SoundReader::State {
    State(SoundFile from, const SoundShape& as_it_is, AtTheEnd then)
        : file(std::move(from)),
          shape(as_it_is),
          at_the_end(then),
          interleaved(chunk_samples * as_it_is.channels) {}

    std::size_t read_some(std::span<float> mid_out, std::span<float> side_out) {
        if (mid->waiting.empty() && !drained) {
            drained = !read_chunk();
        }
        const auto count = drained ? mid->drain(mid_out) : mid->convert(mid_out);
        if (side) {
            // Of as many samples the same is made.
            const auto beside = drained ? side->drain(side_out) : side->convert(side_out);
            assert(beside == count && side->waiting.size() == mid->waiting.size());
            static_cast<void>(beside);
        }
        given += count;
        if (drained && count == 0) {
            start_over();
        }
        return count;
    }

    /// False at the end.
    bool read_chunk() {
        const auto frames = sf_readf_float(file.get(), interleaved.data(), chunk_samples);
        const auto count = frames > 0 ? static_cast<std::size_t>(frames) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto all = std::span(interleaved).subspan(i * shape.channels, shape.channels);
            mid->chunk[i] = mid_of(all);
            if (side) {
                side->chunk[i] = 0.5F * (all[0] - all[1]);
            }
        }
        mid->waiting = std::span(mid->chunk).first(count);
        if (side) {
            side->waiting = std::span(side->chunk).first(count);
        }
        return count > 0;
    }

    void start_over() {
        // A file that gives nothing would be started over for ever; a pipe cannot be.
        ended = at_the_end == AtTheEnd::stop || given == 0 || sf_seek(file.get(), 0, SEEK_SET) != 0;
        drained = false;
        given = 0;
        for (auto* line : {&mid, &side}) {
            if (*line && (*line)->resampler) {
                (*line)->resampler->reset();
            }
        }
    }

    const SoundFile file;
    const SoundShape shape;
    const AtTheEnd at_the_end;
    std::vector<float> interleaved;
    std::optional<Line> mid;  // always
    std::optional<Line> side;
    std::uint64_t given = 0;  // since the file's beginning
    bool drained = false;     // the file's last sample is in the resampler
    bool ended = false;
};

SoundReader::SoundReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SoundReader::~SoundReader() = default;
SoundReader::SoundReader(SoundReader&&) noexcept = default;
SoundReader& SoundReader::operator=(SoundReader&&) noexcept = default;

const SoundShape& SoundReader::shape() const { return state_->shape; }

bool SoundReader::read(dsp::Frame frame) {
    std::array<float, dsp::frame_samples> side;
    return read(frame, side);
}

bool SoundReader::read(dsp::Frame mid, dsp::Frame side) {
    std::size_t have = 0;
    while (have < mid.size() && !state_->ended) {
        have += state_->read_some(mid.subspan(have), side.subspan(have));
    }
    std::ranges::fill(mid.subspan(have), 0.0F);
    std::ranges::fill(state_->side ? side.subspan(have) : side, 0.0F);
    return have > 0;
}

struct SoundReader::Opened {
    SoundFile file;
    SF_INFO info{};
    const std::string& name;
    const char* doing = nullptr;
    AtTheEnd at_the_end = AtTheEnd::stop;
    Parts parts = Parts::mid;
};

Result<SoundReader> SoundReader::open(const std::string& path, const char* doing,
                                      AtTheEnd at_the_end, Parts parts) {
    SF_INFO info{};
    auto file = open_sound_file(path, SFM_READ, info, doing);
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    return make({.file = *std::move(file),
                 .info = info,
                 .name = path,
                 .doing = doing,
                 .at_the_end = at_the_end,
                 .parts = parts});
}

Result<SoundReader> SoundReader::open_stream(int descriptor, const std::string& name,
                                             const char* doing, Parts parts) {
    SF_INFO info{};
    auto file = open_sound_stream(descriptor, name, info, doing);
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    return make({.file = *std::move(file),
                 .info = info,
                 .name = name,
                 .doing = doing,
                 .at_the_end = AtTheEnd::stop,
                 .parts = parts});
}

Result<SoundReader> SoundReader::make(Opened from) {
    const auto& info = from.info;
    if (info.channels > file_channels_max || info.samplerate < file_rate_hz_min ||
        info.samplerate > file_rate_hz_max) {
        return fail(ErrorCode::io,
                    std::format("cannot {} {}: {} channels at {} Hz is not supported", from.doing,
                                from.name, info.channels, info.samplerate));
    }
    const SoundShape shape{
        .rate_hz = static_cast<unsigned>(info.samplerate),
        .channels = static_cast<unsigned>(info.channels),
        .samples = static_cast<std::uint64_t>(std::max<sf_count_t>(info.frames, 0))};
    auto state = std::make_unique<State>(std::move(from.file), shape, from.at_the_end);
    const bool both = from.parts == Parts::mid_and_side && shape.channels == 2;
    for (auto* line : {&state->mid, &state->side}) {
        if (line == &state->side && !both) {
            continue;
        }
        std::optional<dsp::Resampler> resampler;
        if (shape.rate_hz != dsp::sample_rate_hz) {
            auto made = dsp::Resampler::create(shape.rate_hz);
            if (!made) {
                return fail(ErrorCode::io, std::format("cannot {} {}: {}", from.doing, from.name,
                                                       made.error().message));
            }
            resampler = *std::move(made);
        }
        line->emplace(std::move(resampler));
    }
    return SoundReader(std::move(state));
}

}  // namespace partyline::audio
