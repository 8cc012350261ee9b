// Recording the room: what the person wants, what the server says, what the disk takes.
#include <algorithm>
#include <format>
#include <utility>

#include "client/live_talkie.hpp"

namespace partyline::client {

void LiveTalkie::record(RecordRoom wish) {
    loop_.post([this, wish = std::move(wish)]() mutable {
        if (!ended_) {
            begin_recording(std::move(wish));
        }
    });
}

// Nobody is told before the folder is there: most mistakes are made here.
void LiveTalkie::begin_recording(RecordRoom wish) {
    const auto refuse = [this](Error error) {
        emit(Refused{.command = "record", .error = std::move(error)});
    };
    if (recording_ && recording_ends_) {
        next_recording_ = std::move(wish);
        return;
    }
    if (recording_) {
        refuse({.code = ErrorCode::not_permitted,
                .message =
                    std::format("What is said is recorded to {} already.", recording_->folder)});
        return;
    }
    if (!is_connected()) {
        refuse({.code = ErrorCode::not_in_room,
                .message = "Join a room first: it is a room that is recorded."});
        return;
    }
    if (const auto made = TrackFolder::prepare(wish.folder); !made) {
        refuse(made.error());
        return;
    }
    recording_ = std::move(wish);
    recording_begun_ = false;
    session_->record(true);
    tick_wanted_.set();
}

// Here and now; the mark goes when the server hears of it.
void LiveTalkie::stop_recording() {
    loop_.post([this] {
        if (!recording_) {
            return;
        }
        next_recording_.reset();
        end_recording(std::nullopt);
        if (session_ && session_->model().ready()) {
            session_->record(false);
            tick_wanted_.set();
        }
        if (!recording_begun_) {
            recording_.reset();
        }
    });
}

void LiveTalkie::may_record(bool may) {
    if (!recording_) {
        return;
    }
    if (may && !recording_begun_) {
        recording_begun_ = true;
        recorder_.start(*recording_);
        emit(RecordingChanged{.on = true, .folder = recording_->folder});
    } else if (!may && recording_begun_) {
        end_recording(
            Error{.code = ErrorCode::not_permitted,
                  .message = "You are in another room, or may not record this one any more."});
    } else if (!may) {
        recording_.reset();  // and Refused tells why
    }
}

void LiveTalkie::end_recording(std::optional<Error> why) {
    recording_ends_ = recording_begun_;
    recorder_.stop(std::move(why));
}

void LiveTalkie::recording_ended(RecordingChanged end) {
    if (!recording_begun_ || ended_) {
        return;
    }
    recording_.reset();
    recording_begun_ = false;
    recording_ends_ = false;
    // Unless it was the server, or the person, who ended it, the server is yet to hear of it.
    if (session_ && session_->model().ready()) {
        session_->record(false);
        tick_wanted_.set();
    }
    emit(end);
    recording_over_.set();
    if (auto next = std::exchange(next_recording_, std::nullopt)) {
        begin_recording(*std::move(next));
    }
}

// [writer]
std::string LiveTalkie::track_name(const Track& track) const {
    const auto view = view_.load();
    const auto name = [&](SessionId session) {
        const auto found = std::ranges::find(view->people, session, &Person::session);
        return found == view->people.end() ? std::format("session {}", session.value) : found->name;
    };
    switch (track.kind) {
        case Track::Kind::captured: return "captured";
        case Track::Kind::sent: return settings_.name;
        case Track::Kind::received: return name(track.speaker);
        case Track::Kind::played: return "played";
    }
    return {};
}

}  // namespace partyline::client
