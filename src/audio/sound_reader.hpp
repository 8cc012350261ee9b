// A sound file as frames of our own format, as fast as they are asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

/// How a sound file is, before it is mixed down and resampled.
struct SoundShape {
    unsigned rate_hz = 0;
    unsigned channels = 0;
    std::uint64_t samples = 0;  // of each channel, as far as the file tells

    bool operator==(const SoundShape&) const = default;
};

/// What is made of a file's channels: their mean; and of two of them half the difference, too (dsp/stereo.hpp).
enum class Parts : std::uint8_t { mid, mid_and_side };

enum class AtTheEnd : std::uint8_t { stop, start_over };

/// Any file that libsndfile reads, Ogg Opus among them, mixed down to mono at 48 kHz. One of that format comes through
/// bit for bit. One thread.
class SoundReader {
public:
    /// Opens the file once, so that a pipe will do. Fails with io, saying "cannot `doing` PATH: why".
    static Result<SoundReader> open(const std::string& path, const char* doing,
                                    AtTheEnd at_the_end = AtTheEnd::stop, Parts parts = Parts::mid);
    /// The same from a pipe or a socket that is open already, and stays the caller's. Waits for its first bytes.
    static Result<SoundReader> open_stream(int descriptor, const std::string& name,
                                           const char* doing, Parts parts = Parts::mid);
    ~SoundReader();
    SoundReader(SoundReader&&) noexcept;
    SoundReader& operator=(SoundReader&&) noexcept;

    /// The next 10 ms, filled up with silence where the file has ended. False if there was nothing left; what
    /// cannot be decoded any more counts as the end.
    bool read(dsp::Frame frame);
    /// The same of both parts; `side` is silent where it was not asked for, or the file is not one of two channels.
    bool read(dsp::Frame mid, dsp::Frame side);

    [[nodiscard]] const SoundShape& shape() const;

private:
    struct Opened;
    static Result<SoundReader> make(Opened from);

    struct State;
    explicit SoundReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace partyline::audio
