// An Ogg Opus file (RFC 7845) that is written, in which silence costs next to nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "audio/channels.hpp"
#include "base/error.hpp"

namespace partyline::audio {

/// libsndfile would write these, but it encodes silence like sound, at some 200 times the pace of time: whoever first
/// speaks after hours would hold up all other tracks for a minute. Here the codec encodes silence until it gives the
/// same packet again and again, which is then repeated without it: to the bit what it would go on giving. Whoever
/// writes may wait for the disk. One thread.
class OggOpusWriter {
public:
    /// Takes the place of a file that is there. Fails with io, naming the path and what is wrong with it.
    static Result<OggOpusWriter> create(const std::string& path, Channels channels);
    /// Closes the file.
    ~OggOpusWriter();
    OggOpusWriter(OggOpusWriter&&) noexcept;
    OggOpusWriter& operator=(OggOpusWriter&&) noexcept;

    // Each is false once the file takes no more, and from then on; failure() then says why.
    /// Of stereo left and right interleaved.
    bool write(std::span<const float> samples);
    /// So many of each channel.
    bool write_silence(std::uint64_t samples);
    /// The file can then be read up to the last whole packet, should the program be killed.
    bool flush();
    /// Finishes the file, which holds exactly what was written. Nothing is written after it.
    bool close();

    [[nodiscard]] const std::string& failure() const;
    /// How often the codec was asked, which is what takes time. For tests.
    [[nodiscard]] std::uint64_t packets_encoded() const;

private:
    struct State;
    explicit OggOpusWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace partyline::audio
