// What is recorded, from the voice threads to the disk.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/spsc_ring.hpp"
#include "client/recording.hpp"
#include "client/track_folder.hpp"
#include "dsp/format.hpp"

namespace partyline::client {

/// When the first sample of what its thread captures or plays at a time was captured or played, and the number of that
/// among what the thread has had.
struct Placement {
    TimePoint at;
    std::uint64_t tick = 0;
    std::int64_t late_samples = 0;  // by which a frame comes later than it was captured
};

/// The voice threads put frames into rings; a thread of its own writes them, as a disk may stall for longer than a
/// voice thread has. Lives as long as the talkie: the rings are made with the first recording, and stay.
class Recorder {
public:
    /// [writer] What a track's file is called, without its ending. In a conversation what was sent is a track of
    /// ours; of everything it is "sent".
    using NameOf = TrackFolder::NameOf;
    /// [writer] Once for each start(), when the files are whole.
    using OnEnd = std::function<void(RecordingChanged)>;
    Recorder(const Clock& clock, NameOf name_of, OnEnd on_end)
        : clock_(clock), name_of_(std::move(name_of)), on_end_(std::move(on_end)) {}
    /// [control] As join(), after stop(): as long as the disk takes.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// [control] Waits for the end of the one before, which was stopped.
    void start(const RecordRoom& wish);
    /// [control] No more is taken from now on; `why` is told at the end.
    void stop(std::optional<Error> why = std::nullopt);
    /// [control] Waits until all is written.
    void join();

    /// [any] Whether what is handed over is kept.
    [[nodiscard]] bool is_on() const {
        return state_.load(std::memory_order_acquire) != State::off;
    }
    // None of these waits for anything.
    /// [voice-up] Before anything is done to it. Kept only of `everything`.
    void captured(Placement at, dsp::ConstFrame frame);
    /// [voice-up] What goes to the room, before the codec.
    void sent(Placement at, dsp::ConstFrame frame);
    /// [voice-down] What somebody says to the room.
    void received(SessionId speaker, Placement at, dsp::ConstFrame frame);
    /// [voice-down] All of them together. Kept only of `everything`.
    void played(Placement at, dsp::ConstFrame frame);

private:
    enum class State : std::uint8_t { off, conversation, everything };
    struct Slot {
        Track track;
        Placement placement;
        std::array<float, dsp::frame_samples> samples;
    };
    using Ring = SpscRing<Slot>;

    void put(Ring* ring, const Track& track, Placement at, dsp::ConstFrame frame);
    void write_until(const std::stop_token& stop, const RecordRoom& wish, TimePoint began);
    [[nodiscard]] std::string name_in(RecordingKind kind, const Track& track) const;

    // Given.
    const Clock& clock_;
    const NameOf name_of_;
    const OnEnd on_end_;

    std::atomic<State> state_{State::off};
    std::atomic<std::uint64_t> lost_frames_{0};
    // Made before state_ first says so.
    std::unique_ptr<Ring> from_up_;
    std::unique_ptr<Ring> from_down_;

    std::mutex sleep_mutex_;  // and of why_
    std::condition_variable_any sleep_;
    std::optional<Error> why_;
    std::jthread writer_;  // last: it uses all of the above
};

}  // namespace partyline::client
