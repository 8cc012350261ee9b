// Recording the room: what a person asks for, and what RoomRecording needs.
#include <format>
#include <utility>

#include "client/live_talkie.hpp"

namespace partyline::client {

void LiveTalkie::record(RecordRoom wish) {
    loop_.post([this, wish = std::move(wish)]() mutable {
        if (!ended_) {
            recording_.want(std::move(wish));
        }
    });
}

void LiveTalkie::stop_recording() {
    loop_.post([this] { recording_.stop(); });
}

void LiveTalkie::may_record(bool may) { recording_.may_record(may); }

void LiveTalkie::ask_to_record(bool wanted) {
    session_->record(wanted);
    tick_wanted_.set();
}

void LiveTalkie::recording_is_whole(const RecordingChanged& end) {
    if (!ended_) {
        recording_.is_whole(end);
        recording_over_.set();
    }
}

// [writer] Whoever has spoken for the first time may have gone by now.
std::string LiveTalkie::track_name(const Track& track) const {
    const auto name = [this](SessionId session) {
        auto known = view_.name_of(session);
        return known.empty() ? std::format("session {}", session.value) : known;
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
