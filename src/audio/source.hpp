// Where a voice comes from and where the voices of others go: files in real time, or devices.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "audio/channels.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

/// What has become of a device that was in use.
struct DeviceChange {
    enum class State : std::uint8_t {
        lost,      // nothing is captured or played; it is tried again every second
        stand_in,  // the system's default serves until the chosen one is back, or runs
        back,      // it runs again
    };
    State state = State::lost;
    std::string message;  // a sentence for the person
};
using OnDeviceChange = std::function<void(const DeviceChange&)>;

/// Gives 10 ms frames at the pace of real time. Owned by the talkie; read by its voice-up thread.
class Source {
public:
    virtual ~Source() = default;

    /// [voice-up] Waits until the next frame is captured and copies it. False when there will be
    /// no more, or after stop().
    virtual bool read(dsp::Frame frame) = 0;
    /// [voice-up] The same in stereo, as dsp/stereo.hpp has it; `side` is zero where the source is mono.
    virtual bool read(dsp::Frame mid, dsp::Frame side) = 0;
    /// [voice-up] How long the frame that was read last had waited for that: a reader that was held up is given what
    /// was captured meanwhile at once.
    [[nodiscard]] virtual Duration waited() const { return {}; }
    /// [any] Makes a waiting read() return false, and every later one.
    virtual void stop() = 0;
    /// After stop(), while nobody reads: read() works again. A file goes on where it stood; what a
    /// device has captured meanwhile is dropped.
    virtual void resume() = 0;
    /// [any] When the first sample of the first frame was captured; zero before that. For
    /// measuring mouth to ear: sample n was spoken at this time + n / 48 kHz.
    [[nodiscard]] virtual TimePoint started() const = 0;
    /// [any] Whether the last frame of a file that is not looped has been read; only silence may
    /// follow. A device never finishes.
    [[nodiscard]] virtual bool finished() const { return false; }
    /// [any] How often what a device captured was lost because nobody had read for too long. A file waits.
    [[nodiscard]] virtual std::uint64_t overruns() const { return 0; }
    /// [any] Who is to hear of the device's fate, on a thread of its own. After a call with {}
    /// nobody is called any more.
    virtual void on_device_change(OnDeviceChange) {}
};

/// Takes 10 ms frames at its own pace. Owned by the talkie; fed by its voice-down thread.
class Sink {
public:
    virtual ~Sink() = default;

    /// [voice-down] When the next frame should be written, so that it is neither late nor waits
    /// longer than it must. At or before `now`: at once.
    [[nodiscard]] virtual TimePoint due(TimePoint now) const = 0;
    /// [voice-down] Hands over the next frame.
    virtual void write(dsp::ConstFrame frame) = 0;
    /// [voice-down] The same in stereo, as dsp/stereo.hpp has it; a mono sink takes the middle.
    virtual void write(dsp::ConstFrame mid, dsp::ConstFrame side) = 0;
    /// [voice-down] Nobody hands over anything until the next write(): what is missing meanwhile is no underrun.
    virtual void rest() = 0;
    /// [voice-down] False where nobody ever hears or reads what is written: silence need not be handed over then.
    [[nodiscard]] virtual bool wants_silence() const { return true; }
    /// [any] When the first sample of the first frame was played; zero before that.
    [[nodiscard]] virtual TimePoint started() const = 0;
    /// [voice-down] Finishes a file so that it can be read; nothing is written after. Fails with what went wrong,
    /// unless on_device_change() has told it.
    virtual Result<void> close() = 0;
    /// [any] How many periods of 10 ms had to be played as silence because a frame came too late.
    [[nodiscard]] virtual std::uint64_t underruns() const = 0;
    /// [any] As Source's. A file is lost when it takes no more, for good.
    virtual void on_device_change(OnDeviceChange) {}
};

struct FileSourceOptions {
    bool loop = false;
    /// Silence after the file's end goes on until stop(), as a microphone's would; and so it is while whoever writes
    /// into a pipe pauses.
    bool silence_after = true;
};

/// Any file libsndfile reads (and Ogg Opus), resampled to 48 kHz; stereo if it has two channels. Fails
/// with io, naming the file, when it cannot be read. Time starts with the first read().
Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options);
/// Writes 48 kHz: .wav as 32-bit float, .flac as 24 bit, .opus as Ogg Opus. Time starts with the first due().
Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path,
                                             Channels channels = Channels::mono);
/// Plays to nobody, at the pace of real time: what `--speaker none` is.
std::unique_ptr<Sink> open_null_sink();

/// A capture or playback device, 10 ms periods, through miniaudio; empty: the system's default.
/// Fails with io, naming the device and those there are.
Result<std::unique_ptr<Source>> open_device_source(const std::string& device);
Result<std::unique_ptr<Sink>> open_device_sink(const std::string& device);

}  // namespace partyline::audio
