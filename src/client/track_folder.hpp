// A folder of sound files that begin together: one for each track of a recording.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/sound_writer.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/recording.hpp"
#include "dsp/format.hpp"

namespace partyline::client {

struct Track {
    enum class Kind : std::uint8_t { captured, sent, received, played };
    Kind kind = Kind::captured;
    SessionId speaker{};  // of what is received
    auto operator<=>(const Track&) const = default;
};

/// A frame of a track, and where it belongs.
struct Placed {
    std::int64_t at = 0;  // its first sample's place by the clock; before the recording: left out
    std::uint64_t tick = 0;  // the number of what its thread captured or played then
    std::int64_t late = 0;   // the sound is from so many samples before
};

/// Where the frames of one thread are, by their numbers: clocks and busy machines make places uncertain by some
/// milliseconds, but what follows each other does so exactly, and what was at one time has one place in all tracks.
class Timeline {
public:
    /// Nothing for what has no room, as the clock that frames come by runs fast.
    std::optional<std::int64_t> place(std::int64_t at, std::uint64_t tick);

private:
    std::optional<std::uint64_t> tick_;  // the newest, and where it is
    std::optional<std::int64_t> place_;
    std::int64_t end_ = 0;  // of what has a place
};

/// A name that any file system takes, for a person or a track of any name. Never empty.
std::string file_name(std::string_view name);

/// Files begin when their tracks do, with silence for what was before. Whoever writes waits for the disk. One
/// thread.
class TrackFolder {
public:
    using NameOf = std::function<std::string(const Track&)>;
    /// Nothing in the folder is overwritten: who bears a name that is there gets a number.
    TrackFolder(std::string folder, NameOf name_of, RecordingFormat format = RecordingFormat::flac)
        : folder_(std::move(folder)), name_of_(std::move(name_of)), format_(format) {}

    /// Makes the folder if it is not there. Fails with io.
    static Result<void> prepare(const std::string& folder);

    /// Fails with io once a file cannot be made or takes no more; too_large for too many tracks.
    Result<void> write(const Track& track, const Placed& placed, dsp::ConstFrame frame);
    /// All tracks are at least so long, with silence. To be called often: of the silence that is too much to be
    /// written at once this writes a part.
    Result<void> fill_up_to(std::int64_t sample);
    /// How much silence of all tracks is still to be written, in samples. For tests.
    [[nodiscard]] std::int64_t silence_owed() const;
    /// What is there can be read, should the program be killed.
    void flush();
    /// Finishes all files, which are of one length then. The first failure.
    Result<void> close();

    [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

private:
    struct Frame {
        std::int64_t at = 0;
        std::array<float, dsp::frame_samples> samples{};
    };
    struct File {
        audio::SoundWriter writer;
        std::int64_t position = 0;  // its length, with all that is still to be written
        std::int64_t written = 0;
        std::deque<Frame> late = {};  // for the silence before them to be written
    };

    Result<File*> file_of(const Track& track);
    Timeline& timeline_of(const Track& track);
    [[nodiscard]] bool is_behind(const File& file) const;
    Result<void> catch_up(File& file, std::int64_t& silence);
    static Result<void> write_silence(File& file, std::int64_t samples);
    static Result<void> write_frame(File& file, dsp::ConstFrame frame);

    const std::string folder_;
    const NameOf name_of_;
    const RecordingFormat format_;
    std::map<Track, File> tracks_;
    Timeline up_;                  // of what was captured and sent
    Timeline down_;                // of what was received and played
    std::size_t late_frames_ = 0;  // of all tracks
    std::vector<std::string> files_;
};

}  // namespace partyline::client
