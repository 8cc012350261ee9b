// What somebody asks to be shown of themselves: that they are heard above others, that they record. The
// audit log says who recorded which room, from when to when.
#include <format>
#include <utility>

#include "base/log.hpp"
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
        log_recording(recording_line(seat, "recording_ended"));
    }
    seat.recorded = recorded;
    if (recorded) {
        seat.recorded_name = directory_.find(recorded)->channel.name;
        log_recording(recording_line(seat, "recording_begun"));
    }
}

room::AuditEntry Switchboard::recording_line(const Seat& seat, std::string action) const {
    auto [name, beside] = whom(seat.session);
    return {.unix_ms = clock_.unix_ms(),
            .actor = std::move(name),
            .action = std::move(action),
            .target = seat.recorded_name,
            .reason = {},
            .detail = std::move(beside)};
}

void Switchboard::log_recording(room::AuditEntry line) {
    auto words = std::format("{}: {} by {}", line.action, line.target, line.actor);
    auto done = [words](const Result<void>& kept) {
        if (!kept) {
            log::error("The audit log is without \"{}\": {}", words, kept.error().message);
        }
    };
    const auto submitted = durable_.submit(
        [line = std::move(line)]() -> Result<room::Changes> { return room::Changes{line}; }, done);
    if (!submitted) {
        done(submitted);
    }
}

void Switchboard::end_recordings() {
    room::Changes lines;
    for (const auto& [session, seat] : seats_) {
        if (std::exchange(seat->recorded, ChannelId{})) {
            lines.emplace_back(recording_line(*seat, "recording_ended"));
        }
    }
    if (!lines.empty()) {
        store_.apply(std::move(lines), [](const Result<void>&) {});
    }
}

}  // namespace partyline::control
