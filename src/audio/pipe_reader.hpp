// A pipe as a sound file, whoever writes into it, whenever.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "audio/source.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

/// Whoever decodes waits for as long as nothing comes, and cannot be interrupted. So that is done on a thread, which
/// reads a socket of ours; another hands on to that what comes out of the pipe, and takes the socket's end for the end.
/// Owned by a source.
class PipeReader {
public:
    static bool is_pipe(const std::string& path);
    /// Whether or not anybody writes into it yet. Fails with io, naming it.
    static Result<std::unique_ptr<PipeReader>> open(const std::string& path);
    ~PipeReader();
    PipeReader(const PipeReader&) = delete;
    PipeReader& operator=(const PipeReader&) = delete;

    enum class Got : std::uint8_t { frame, nothing, end, interrupted };
    /// [voice-up] Waits for the next 10 ms, for so long or for as long as it takes; both are untouched if there are
    /// none.
    Got read(dsp::Frame mid, dsp::Frame side, std::optional<Duration> patience);
    /// [any] Ends a read() that waits and every later one, until resume(). No sound is lost by that.
    void interrupt();
    void resume();

    /// [any] As Source's: what comes may turn out to be no sound.
    void on_device_change(OnDeviceChange listener);

private:
    /// A descriptor that is closed with its owner.
    class Descriptor {
    public:
        explicit Descriptor(int number = -1) : number_(number) {}
        ~Descriptor();
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        [[nodiscard]] int get() const { return number_; }
        void take(int number) { number_ = number; }

    private:
        int number_;
    };

    explicit PipeReader(std::string path) : path_(std::move(path)) {}

    void hand_on();
    void decode();
    /// Waits until the frame before it is taken; false when nobody will.
    bool put(dsp::ConstFrame mid, dsp::ConstFrame side);
    void tell(std::string message);

    const std::string path_;
    Descriptor pipe_;
    Descriptor in_;   // of the socket
    Descriptor out_;  // what is decoded

    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<float, dsp::frame_samples> mid_{};
    std::array<float, dsp::frame_samples> side_{};
    bool there_ = false;  // a frame
    bool ended_ = false;
    bool interrupted_ = false;
    bool closing_ = false;
    std::string failure_;  // that nobody has been told of
    OnDeviceChange listener_;

    std::thread handing_on_;  // last: they use all of the above
    std::thread decoding_;
};

}  // namespace partyline::audio
