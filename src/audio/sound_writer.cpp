#include "audio/sound_writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <format>
#include <optional>
#include <string_view>
#include <utility>

#include "audio/limits.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "audio/sound_file.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {
namespace {

/// Of Ogg Opus, which is not libsndfile's to write.
constexpr int ogg_opus = SF_FORMAT_OGG | SF_FORMAT_OPUS;

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
        return ogg_opus;
    }
    return std::nullopt;
}

}  // namespace

struct SoundWriter::State {
    std::string path;
    // One of these, until the file is closed.
    SoundFile file;
    std::optional<OggOpusWriter> opus;
    std::size_t channels = 1;
    std::uint64_t written_samples = 0;  // of each channel
    std::string failure;                // the first

    [[nodiscard]] bool takes_more() const { return failure.empty() && (file || opus); }
    /// Counted as both channels have them, and written whole.
    [[nodiscard]] std::uint64_t room() const {
        return recording_samples_max / channels - written_samples;
    }
    /// `done` of `wanted` were written, as there was no room for all of `there`.
    void note(std::uint64_t done, std::uint64_t wanted, std::uint64_t there) {
        written_samples += done;
        if (done != wanted) {
            failure = opus ? opus->failure() : sf_strerror(file.get());
        } else if (wanted < there) {
            failure = "the file is full; the rest was left out";
        }
    }
    std::uint64_t put(const float* samples, std::uint64_t count) {
        if (opus) {
            return opus->write({samples, channels * count}) ? count : 0;
        }
        const auto done = sf_writef_float(file.get(), samples, static_cast<sf_count_t>(count));
        return static_cast<std::uint64_t>(std::max<sf_count_t>(done, 0));
    }
    std::uint64_t put_silence(std::uint64_t count) {
        if (opus) {
            return opus->write_silence(count) ? count : 0;
        }
        static constexpr std::array<float, std::size_t{2} * dsp::sample_rate_hz / 10> silence{};
        std::uint64_t done = 0;
        while (done < count) {
            const auto part = std::min<std::uint64_t>(count - done, silence.size() / channels);
            const auto put_now = put(silence.data(), part);
            done += put_now;
            if (put_now != part) {
                break;
            }
        }
        return done;
    }

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
    if (*format == ogg_opus) {
        return OggOpusWriter::create(path, channels).transform([&](OggOpusWriter opus) {
            return SoundWriter(
                std::make_unique<State>(State{.path = path,
                                              .file = {},
                                              .opus = std::move(opus),
                                              .channels = static_cast<std::size_t>(channels)}));
        });
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
    return SoundWriter(
        std::make_unique<State>(State{.path = path,
                                      .file = *std::move(file),
                                      .opus = {},
                                      .channels = static_cast<std::size_t>(channels)}));
}

Result<void> SoundWriter::write(std::span<const float> samples) {
    auto& state = *state_;
    if (state.takes_more()) {
        const std::uint64_t there = samples.size() / state.channels;
        const auto wanted = std::min(there, state.room());
        state.note(state.put(samples.data(), wanted), wanted, there);
    }
    return state.outcome();
}

Result<void> SoundWriter::write_silence(std::uint64_t samples) {
    auto& state = *state_;
    if (state.takes_more()) {
        const auto wanted = std::min(samples, state.room());
        state.note(state.put_silence(wanted), wanted, samples);
    }
    return state.outcome();
}

// What a disk does not take then is told by the next write() or by close().
void SoundWriter::flush() {
    if (state_->opus) {
        state_->opus->flush();
    } else if (state_->file) {
        sf_command(state_->file.get(), SFC_UPDATE_HEADER_NOW, nullptr, 0);
    }
}

Result<void> SoundWriter::close() {
    auto& state = *state_;
    if (state.opus) {
        if (!state.opus->close() && state.failure.empty()) {
            state.failure = state.opus->failure();
        }
        state.opus.reset();
    } else if (state.file && sf_close(state.file.release()) != 0 && state.failure.empty()) {
        state.failure = "closing the file failed";
    }
    return state.outcome();
}

}  // namespace partyline::audio
