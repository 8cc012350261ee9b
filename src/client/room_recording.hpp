// Recording the room: what the person wants, what the server says, what the disk takes.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "client/recording.hpp"
#include "client/talkie.hpp"

namespace partyline::client {

/// What a recording needs of the talkie. Nothing here calls back into it. [control]
class RecordingPort {
public:
    virtual ~RecordingPort() = default;
    /// Whether the server hears of what it is asked: at once, or when a lost connection is back on the same seat.
    [[nodiscard]] virtual bool can_ask() const = 0;
    /// That we record our room, or do no more. RoomRecording::may_record() is told the answer.
    virtual void ask_to_record(bool wanted) = 0;
    /// Sound is kept from now on.
    virtual void keep(const RecordRoom& wish) = 0;
    /// And no more; RoomRecording::is_whole() is told when all is written. `why` goes into what it is told.
    virtual void keep_no_more(std::optional<Error> why) = 0;
    virtual void emit(const Event& event) = 0;
};

/// One recording at a time: asked for, marked for all to see, kept, written. Owned by the talkie's control thread, or
/// by a test. [control]
class RoomRecording {
public:
    explicit RoomRecording(RecordingPort& port) : port_(port) {}

    /// As Talkie::record(). What is asked for while the one before is still being written comes after it.
    void want(RecordRoom wish);
    /// As Talkie::stop_recording(): here and now; the mark goes when the server hears of it.
    void stop();
    /// Everybody has been told, or we are not to record (any more). Why not is told by whoever says so, unless a
    /// recording has begun.
    void may_record(bool may);
    /// The seat is gone, and with it what was asked for. `why` is nothing for whoever has left.
    void seat_lost(std::optional<Error> why);
    /// All of it is written.
    void is_whole(const RecordingChanged& end);

    /// Whether there is something that is not whole yet.
    [[nodiscard]] bool is_unfinished() const {
        return state_ == State::kept || state_ == State::being_written;
    }

private:
    enum class State : std::uint8_t { none, asked_for, kept, being_written };

    void end(std::optional<Error> why);
    void refuse(Error error);

    RecordingPort& port_;
    State state_ = State::none;
    RecordRoom current_;              // unless there is none
    std::optional<RecordRoom> next_;  // while the current one is being written
};

}  // namespace partyline::client
