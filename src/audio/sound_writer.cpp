#include "audio/sound_writer.hpp"

#include <algorithm>
#include <cctype>
#include <format>
#include <optional>
#include <string_view>
#include <utility>

#include "audio/limits.hpp"
#include "audio/sound_file.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {
namespace {

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
    if (ending == ".opus") {
        return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    }
    return std::nullopt;
}

}  // namespace

struct SoundWriter::State {
    std::string path;
    SoundFile file;
    std::size_t channels = 1;
    std::uint64_t written_samples = 0;
    std::string failure;  // the first

    [[nodiscard]] Result<void> outcome() const {
        if (failure.empty()) {
            return {};
        }
        return fail(ErrorCode::io, std::format("cannot write {}: {}", path, failure));
    }
};

SoundWriter::SoundWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SoundWriter::~SoundWriter() = default;
SoundWriter::SoundWriter(SoundWriter&&) noexcept = default;
SoundWriter& SoundWriter::operator=(SoundWriter&&) noexcept = default;

const std::string& SoundWriter::path() const { return state_->path; }

Result<SoundWriter> SoundWriter::create(const std::string& path, Channels channels) {
    const auto format = format_of(path);
    if (!format) {
        return fail(
            ErrorCode::io,
            std::format("cannot record to {}: the name must end in .wav, .flac or .opus", path));
    }
    SF_INFO info{};
    info.samplerate = static_cast<int>(dsp::sample_rate_hz);
    info.channels = static_cast<int>(channels);
    info.format = *format;
    auto file = open_sound_file(path, SFM_WRITE, info, "record to");
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    // Beyond full scale .flac would wrap around. The peak chunk of .wav holds the time of day.
    sf_command(file->get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
    sf_command(file->get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
    // Of .opus, where a second would wait in memory.
    double page_ms = static_cast<double>(recording_flush_period.count());
    sf_command(file->get(), SFC_SET_OGG_PAGE_LATENCY_MS, &page_ms, sizeof page_ms);
    return SoundWriter(std::make_unique<State>(State{
        .path = path, .file = *std::move(file), .channels = static_cast<std::size_t>(channels)}));
}

Result<void> SoundWriter::write(std::span<const float> samples) {
    auto& state = *state_;
    if (!state.failure.empty() || !state.file) {
        return state.outcome();
    }
    // Counted as both channels have them, and written whole.
    const auto there = samples.size() / state.channels;
    const auto room = recording_samples_max / state.channels - state.written_samples;
    const auto wanted = static_cast<sf_count_t>(std::min<std::uint64_t>(there, room));
    const auto done = sf_writef_float(state.file.get(), samples.data(), wanted);
    state.written_samples += static_cast<std::uint64_t>(std::max<sf_count_t>(done, 0));
    if (done != wanted) {
        state.failure = sf_strerror(state.file.get());
    } else if (wanted < static_cast<sf_count_t>(there)) {
        state.failure = "the file is full; the rest was left out";
    }
    return state.outcome();
}

void SoundWriter::flush() {
    if (state_->file) {
        sf_command(state_->file.get(), SFC_UPDATE_HEADER_NOW, nullptr, 0);
    }
}

Result<void> SoundWriter::close() {
    if (state_->file && sf_close(state_->file.release()) != 0 && state_->failure.empty()) {
        state_->failure = "closing the file failed";
    }
    return state_->outcome();
}

}  // namespace partyline::audio
