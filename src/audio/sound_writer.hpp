// A sound file that is written: 48 kHz, mono or stereo, of the format that its name asks for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "audio/channels.hpp"
#include "base/error.hpp"

namespace partyline::audio {

/// .wav as 32-bit float, .flac as 24 bit, .opus as Ogg Opus. Whoever writes may wait for the disk: never a voice
/// thread. One thread.
class SoundWriter {
public:
    /// Takes the place of a file that is there. Fails with io, naming the path and what is wrong with it.
    static Result<SoundWriter> create(const std::string& path, Channels channels = Channels::mono);
    /// Closes the file.
    ~SoundWriter();
    SoundWriter(SoundWriter&&) noexcept;
    SoundWriter& operator=(SoundWriter&&) noexcept;

    /// Of stereo left and right interleaved. Fails with io once the file takes no more, and from then on.
    Result<void> write(std::span<const float> samples);
    /// So many of each channel. Of .opus hours are written at once; of .flac a second takes about half a
    /// millisecond.
    Result<void> write_silence(std::uint64_t samples);
    /// The file can then be read up to here, should the program be killed.
    void flush();
    /// Finishes the file. Tells the first failure of all that was written.
    Result<void> close();

    [[nodiscard]] const std::string& path() const;

private:
    struct State;
    explicit SoundWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace partyline::audio
