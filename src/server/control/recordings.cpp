// What somebody asks to be shown of themselves: that they are heard above others, that they record. The
// audit log says who recorded which room, from when to when.
#include <string>
#include <string_view>
#include <utility>

#include "server/control/switchboard.hpp"

namespace partyline::control {

Result<void> Switchboard::on(Call&, Seat& seat, const wire::SetPriority& priority) {
    return model_.set_priority(seat.session, priority.on).transform([this](const auto& events) {
        publish(events);
    });
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::SetRecording& recording) {
    const auto session = seat.session;
    const bool begins = recording.on && !model_.find(session)->presence.recording;
    return (begins ? model_.may_record(session) : Result<void>{})
        .and_then([&] {
            return begins ? rates_.take(model_.person(session), Doing::recording, clock_.now())
                          : Result<void>{};
        })
        .and_then([&] { return model_.set_recording(session, recording.on); })
        .transform([this](const auto& events) { publish(events); });
}

void Switchboard::note_recording(Seat& seat, ChannelId recorded) {
    // At the end all of them end, whatever is still told of whom.
    if (shutting_down_ || recorded == seat.recorded) {
        return;
    }
    if (seat.recorded) {
        log_recording(seat, room::recording_ended);
    }
    seat.recorded = recorded;
    if (recorded) {
        seat.recorded_name = directory_.find(recorded)->channel.name;
        log_recording(seat, room::recording_begun);
    }
}

void Switchboard::log_recording(const Seat& seat, std::string_view action) {
    auto [name, beside] = whom(seat.session);
    const auto who = model_.person(seat.session);
    durable_.note(who, {.unix_ms = clock_.unix_ms(),
                        .actor = std::move(name),
                        .action = std::string(action),
                        .target = seat.recorded_name,
                        .reason = {},
                        .detail = std::move(beside),
                        .recorder = who});
}

void Switchboard::end_recordings() {
    for (const auto& [session, seat] : seats_) {
        if (std::exchange(seat->recorded, ChannelId{})) {
            log_recording(*seat, room::recording_ended);
        }
    }
}

}  // namespace partyline::control
