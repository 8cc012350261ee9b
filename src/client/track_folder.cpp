#include "client/track_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <utility>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

std::string_view ending_of(RecordingFormat format) {
    return format == RecordingFormat::opus ? ".opus" : ".flac";
}

/// An empty file of ours alone: another talkie that records to this folder may look for one at the same time.
struct Claim {
    std::filesystem::path path;
    bool is_ours = false;  // if not, whoever opens it says what is wrong
};

Claim claim_file(const std::filesystem::path& folder, const std::string& name,
                 std::string_view ending) {
    auto path = folder / std::format("{}{}", name, ending);
    for (unsigned number = 2;; ++number) {
        errno = 0;
        if (std::FILE* file = std::fopen(path.c_str(), "wx"); file != nullptr) {
            std::fclose(file);
            return {.path = path, .is_ours = true};
        }
        if (errno != EEXIST) {
            return {.path = path};
        }
        path = folder / std::format("{} {}{}", name, number, ending);
    }
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::string file_name(std::string_view name) {
    static constexpr std::string_view forbidden = "/\\:*?\"<>|";
    std::string out(name);
    std::ranges::replace_if(
        out,
        [](char byte) {
            return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F ||
                   forbidden.contains(byte);
        },
        '_');
    if (out.size() > track_name_bytes_max) {
        auto end = track_name_bytes_max;
        while (end > 0 && is_continuation(out[end])) {
            --end;
        }
        out.resize(end);
    }
    while (out.ends_with('.') || out.ends_with(' ')) {
        out.pop_back();
    }
    if (out.empty() || out.starts_with('.')) {
        out.insert(out.begin(), '_');
    }
    return out;
}

Result<void> TrackFolder::prepare(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error && !std::filesystem::is_directory(folder, error) && !error) {
        error = std::make_error_code(std::errc::not_a_directory);
    }
    if (error) {
        return fail(ErrorCode::io, std::format("cannot record to {}: {}", folder, error.message()));
    }
    return {};
}

Result<TrackFolder::File*> TrackFolder::file_of(const Track& track) {
    if (const auto found = tracks_.find(track); found != tracks_.end()) {
        return &found->second;
    }
    if (tracks_.size() >= recording_tracks_max) {
        return fail(ErrorCode::too_large,
                    std::format("More than {} people have spoken.", recording_tracks_max));
    }
    const auto claim = claim_file(folder_, file_name(name_of_(track)), ending_of(format_));
    auto writer = audio::SoundWriter::create(claim.path.string());
    if (!writer) {
        if (claim.is_ours) {
            std::error_code ignored;
            std::filesystem::remove(claim.path, ignored);
        }
        return std::unexpected(std::move(writer).error());
    }
    files_.push_back(writer->path());
    return &tracks_.emplace(track, File{.writer = *std::move(writer)}).first->second;
}

Result<void> TrackFolder::write_silence(File& file, std::int64_t samples) {
    if (samples <= 0) {
        return {};
    }
    file.written += samples;
    return file.writer.write_silence(static_cast<std::uint64_t>(samples));
}

Result<void> TrackFolder::write_frame(File& file, dsp::ConstFrame frame) {
    file.written += std::ssize(frame);
    return file.writer.write(frame);
}

/// Silence costs Ogg Opus next to nothing.
bool TrackFolder::is_behind(const File& file) const {
    return format_ != RecordingFormat::opus &&
           (!file.late.empty() || file.position - file.written > recording_silence_at_once_samples);
}

/// Writes all that is to be written, but takes no more than `silence` for it, of which it leaves the rest.
Result<void> TrackFolder::catch_up(File& file, std::int64_t& silence) {
    while (true) {
        const auto next = file.late.empty() ? file.position : file.late.front().at;
        const auto part = std::min(next - file.written, silence);
        silence -= part;
        if (auto written = write_silence(file, part); !written) {
            return written;
        }
        if (file.late.empty() || file.written < next) {
            return {};
        }
        if (auto written = write_frame(file, file.late.front().samples); !written) {
            return written;
        }
        file.late.pop_front();
        --late_frames_;
    }
}

std::optional<std::int64_t> Timeline::place(std::int64_t at, std::uint64_t tick) {
    if (tick_ == tick) {
        return place_;
    }
    std::optional<std::int64_t> follows;
    if (tick_ && tick > *tick_) {
        const auto between = static_cast<std::int64_t>(tick - *tick_ - 1);
        follows = end_ + between * static_cast<std::int64_t>(dsp::frame_samples);
    }
    const bool begins = !tick_;
    tick_ = tick;
    if (follows && std::abs(at - *follows) <= recording_slack_samples) {
        place_ = follows;
    } else if (!begins && end_ - at > recording_slack_samples) {
        place_.reset();  // what comes after it is where it belongs again
        return place_;
    } else {
        place_ = std::max(at, end_);
    }
    end_ = *place_ + static_cast<std::int64_t>(dsp::frame_samples);
    return place_;
}

Timeline& TrackFolder::timeline_of(const Track& track) {
    const bool is_up = track.kind == Track::Kind::captured || track.kind == Track::Kind::sent;
    return is_up ? up_ : down_;
}

Result<void> TrackFolder::write(const Track& track, const Placed& placed, dsp::ConstFrame frame) {
    if (placed.at < 0) {
        return {};
    }
    const auto place = timeline_of(track).place(placed.at, placed.tick);
    if (!place || *place < placed.late) {
        return {};
    }
    const auto begins = *place - placed.late;
    auto found = file_of(track);
    if (!found) {
        return std::unexpected(std::move(found).error());
    }
    auto& file = **found;
    if (file.position - begins > recording_slack_samples) {
        return {};
    }
    file.position = std::max(file.position, begins);
    auto all = file.position - file.written;
    if (is_behind(file)) {
        auto& late = file.late.emplace_back(Frame{.at = file.position});
        std::ranges::copy(frame, late.samples.begin());
        file.position += std::ssize(frame);
        // Rather a hole, which is told, than all of the memory.
        return ++late_frames_ > recording_late_frames_max ? catch_up(file, all) : Result<void>();
    }
    if (auto filled = write_silence(file, all); !filled) {
        return filled;
    }
    file.position += std::ssize(frame);
    return write_frame(file, frame);
}

Result<void> TrackFolder::fill_up_to(std::int64_t sample) {
    for (auto& [track, file] : tracks_) {
        file.position = std::max(file.position, sample);
    }
    auto silence = recording_silence_each_time_samples;
    // First those that are nearly there, so that no track waits for one that is hours behind.
    for (const bool behind : {false, true}) {
        for (auto& [track, file] : tracks_) {
            if (is_behind(file) != behind) {
                continue;
            }
            auto all = file.position - file.written;
            if (auto filled = catch_up(file, behind ? silence : all); !filled) {
                return filled;
            }
        }
    }
    return {};
}

std::int64_t TrackFolder::silence_owed() const {
    std::int64_t owed = 0;
    for (const auto& [track, file] : tracks_) {
        owed += file.position - file.written -
                static_cast<std::int64_t>(file.late.size() * dsp::frame_samples);
    }
    return owed;
}

void TrackFolder::flush() {
    for (auto& [track, file] : tracks_) {
        file.writer.flush();
    }
}

Result<void> TrackFolder::close() {
    std::int64_t longest = 0;
    for (const auto& [track, file] : tracks_) {
        longest = std::max(longest, file.position);
    }
    Result<void> first;
    for (auto& [track, file] : tracks_) {
        file.position = longest;
        auto all = file.position - file.written;
        if (auto filled = catch_up(file, all); !filled && first) {
            first = std::move(filled);
        }
        if (auto closed = file.writer.close(); !closed && first) {
            first = std::move(closed);
        }
    }
    return first;
}

}  // namespace partyline::client
