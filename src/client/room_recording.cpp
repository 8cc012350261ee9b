#include "client/room_recording.hpp"

#include <format>
#include <utility>

#include "client/track_folder.hpp"

namespace partyline::client {

void RoomRecording::refuse(Error error) {
    port_.emit(Refused{.command = "record", .error = std::move(error)});
}

// Nobody is told before the folder is there: most mistakes are made here.
void RoomRecording::want(RecordRoom wish) {
    if (state_ == State::being_written && !next_) {
        next_ = std::move(wish);
        return;
    }
    if (state_ != State::none) {
        refuse({.code = ErrorCode::not_permitted,
                .message = std::format("What is said is recorded to {} already.",
                                       next_ ? next_->folder : current_.folder)});
        return;
    }
    if (!port_.can_ask()) {
        refuse({.code = ErrorCode::closed,
                .message = "There is no connection to the server: ask again once you are back in "
                           "the room."});
        return;
    }
    if (const auto made = TrackFolder::prepare(wish.folder); !made) {
        refuse(made.error());
        return;
    }
    current_ = std::move(wish);
    state_ = State::asked_for;
    port_.ask_to_record(true);
}

void RoomRecording::stop() {
    next_.reset();
    if (state_ == State::none || state_ == State::being_written) {
        return;
    }
    if (state_ == State::asked_for) {
        state_ = State::none;
    } else {
        end(std::nullopt);
    }
    if (port_.can_ask()) {
        port_.ask_to_record(false);
    }
}

void RoomRecording::may_record(bool may) {
    if (may && state_ == State::asked_for) {
        state_ = State::kept;
        port_.keep(current_);
        port_.emit(RecordingChanged{.on = true, .folder = current_.folder});
    } else if (!may && state_ == State::asked_for) {
        state_ = State::none;
    } else if (!may) {
        end(Error{.code = ErrorCode::not_permitted,
                  .message = "You are in another room, or may not record this one any more."});
    }
}

void RoomRecording::seat_lost(std::optional<Error> why) {
    if (state_ == State::asked_for) {
        state_ = State::none;
    } else {
        end(std::move(why));
    }
}

void RoomRecording::end(std::optional<Error> why) {
    if (state_ == State::kept) {
        state_ = State::being_written;
        port_.keep_no_more(std::move(why));
    }
}

void RoomRecording::is_whole(const RecordingChanged& end) {
    if (!is_unfinished()) {
        return;
    }
    // A disk that took no more, or the longest recording: the server is yet to hear of it.
    const bool by_itself = std::exchange(state_, State::none) == State::kept;
    if (by_itself && port_.can_ask()) {
        port_.ask_to_record(false);
    }
    port_.emit(end);
    if (auto next = std::exchange(next_, std::nullopt)) {
        want(*std::move(next));
    }
}

}  // namespace partyline::client
