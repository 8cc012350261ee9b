// What somebody asks to be shown of themselves: that they are heard above others, that they record. The
// audit log says who recorded which room, from when to when.
#include <format>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "server/control/switchboard.hpp"

namespace partyline::control {
namespace {

std::string in_words(const room::AuditEntry& line) {
    return std::format("{}: {} by {}", line.action, line.target, line.actor);
}

/// What the audit log has not, the server's own has.
void report(const std::string& words, const Result<void>& kept) {
    if (!kept) {
        log::error("The audit log is without \"{}\": {}", words, kept.error().message);
    }
}

}  // namespace

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
    auto done = [words = in_words(line)](const Result<void>& kept) { report(words, kept); };
    const auto submitted = durable_.submit(
        [line = std::move(line)]() -> Result<room::Changes> { return room::Changes{line}; }, done);
    if (!submitted) {
        done(submitted);
    }
}

void Switchboard::end_recordings() {
    room::Changes lines;
    std::string words;
    for (const auto& [session, seat] : seats_) {
        if (std::exchange(seat->recorded, ChannelId{})) {
            auto line = recording_line(*seat, "recording_ended");
            words += (words.empty() ? "" : ", ") + in_words(line);
            lines.emplace_back(std::move(line));
        }
    }
    if (!lines.empty()) {
        store_.apply(std::move(lines),
                     [words = std::move(words)](const Result<void>& kept) { report(words, kept); });
    }
}

}  // namespace partyline::control
