#include "cli/session.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

/// What a connection that never came about ends with.
ExitCode code_for_failed_connect(ErrorCode code) {
    switch (code) {
        case ErrorCode::bad_signature:  // it claims an identity that it cannot prove
        case ErrorCode::wrong_identity: return ExitCode::wrong_identity;
        case ErrorCode::io:
        case ErrorCode::closed:
        case ErrorCode::timed_out:
        case ErrorCode::wrong_version:  // what answers is no switchboard that we could talk to
            return ExitCode::unreachable;
        case ErrorCode::config: return ExitCode::local;
        default: return ExitCode::refused;
    }
}

/// Nobody asked for what came while we were not here.
bool are_wanted_letters(const client::Event& event) {
    const auto* received = std::get_if<client::LettersReceived>(&event);
    return received != nullptr && !received->missed;
}

/// What a one-shot was asked for.
bool is_answer(const client::Event& event) {
    return std::holds_alternative<client::AccountChanged>(event) ||
           std::holds_alternative<client::DevicesReceived>(event) ||
           std::holds_alternative<client::Done>(event) || are_wanted_letters(event) ||
           std::holds_alternative<client::UnreadReceived>(event) ||
           std::holds_alternative<client::InviteMade>(event) ||
           std::holds_alternative<client::InvitesReceived>(event) ||
           std::holds_alternative<client::InviteUsed>(event);
}

bool is_quit(const Item& item) {
    const auto* input = std::get_if<InputLine>(&item);
    const auto command = input != nullptr ? parse_command(input->line) : Result<Command>(Help{});
    return command && std::holds_alternative<Quit>(*command);
}

bool is_file(const std::string& sound) {
    return sound != "none" && sound != "device" && !sound.starts_with("device:");
}

}  // namespace

Session::Session(const Options& options, Report& report, TimePoint now)
    : options_(options),
      report_(report),
      give_up_at_(now + connect_time_max),
      muted_(options.start_muted),
      deafened_(options.start_deafened),
      capture_(options.talkie.capture.value_or(client::usual_capture(options.talkie.mic))),
      voice_(capture_.music ? client::usual_capture(options.talkie.mic) : capture_) {}

View Session::view() const {
    return {.rooms = talkie_->rooms(), .people = talkie_->people(), .self = self_};
}

std::optional<ExitCode> Session::exit_code() const {
    if (phase_ != Phase::over) {
        return std::nullopt;
    }
    return file_failed_ && code_ == ExitCode::fine ? ExitCode::local : code_;
}

ExitCode Session::cut_short() const {
    const auto code = exit_code().value_or(code_);
    const bool writes = recording_ || is_file(options_.talkie.speaker);
    return writes && code == ExitCode::fine ? ExitCode::local : code;
}

TimePoint Session::deadline() const {
    if (phase_ != Phase::connected) {
        return give_up_at_;
    }
    return std::min(finish_at_.value_or(TimePoint::max()), accept_by_.value_or(TimePoint::max()));
}

void Session::tick(TimePoint now) {
    if (phase_ == Phase::over || now < deadline()) {
        return;
    }
    if (phase_ == Phase::connecting) {
        give_up({.code = ErrorCode::timed_out,
                 .message = std::format("{} does not answer", options_.talkie.host)},
                ExitCode::unreachable, now);
    } else if (phase_ == Phase::leaving) {
        phase_ = Phase::over;
    } else if (accept_by_ && now >= *accept_by_) {
        give_up({.code = ErrorCode::timed_out, .message = "the server did not answer"},
                ExitCode::lost, now);
    } else {
        finish(ExitCode::fine, now);
    }
}

// --- ends ------------------------------------------------------------------------------------

void Session::finish(ExitCode code, TimePoint now) {
    if (phase_ == Phase::leaving || phase_ == Phase::over) {
        return;
    }
    if (phase_ == Phase::connected && (options_.json || !options_.one_shot)) {
        report_.stats(talkie_->voice_stats());
    }
    code_ = code;
    phase_ = Phase::leaving;
    give_up_at_ = now + leave_time_max;
    talkie_->disconnect();
}

void Session::give_up(const Error& error, ExitCode code, TimePoint now) {
    report_.failure(error, code);
    finish(code, now);
}

void Session::interrupt(TimePoint now) { finish(ExitCode::fine, now); }

void Session::output_lost(TimePoint now) { finish(ExitCode::local, now); }

// --- events ----------------------------------------------------------------------------------

void Session::take(const Item& item, TimePoint now) {
    if (away_ && is_quit(item)) {
        wait_for_no_answer(now);
    }
    if (!awaited_.empty() && !std::holds_alternative<TalkieEvent>(item)) {
        if (waiting_.size() < waiting_lines_max) {
            waiting_.push_back(item);
        } else {
            report_.mistake({.code = ErrorCode::too_large,
                             .message = std::format("more than {} lines wait for the server; this "
                                                    "one is dropped",
                                                    waiting_lines_max)});
        }
        return;
    }
    std::visit(Overloaded{[&](const TalkieEvent& event) { on_event(event, now); },
                          [&](const InputLine& input) { on_line(input.line, now); },
                          [&](const InputEnded&) { on_input_end(now); }},
               item);
}

// Whoever leaves while there is no connection does not wait for one: what they have asked for before is
// handed on and, as it cannot be sent, refused in words.
void Session::wait_for_no_answer(TimePoint now) {
    awaited_.clear();
    while (!waiting_.empty()) {
        const auto next = std::move(waiting_.front());
        waiting_.pop_front();
        take(next, now);
        awaited_.clear();
    }
}

void Session::on_event(const TalkieEvent& told, TimePoint now) {
    if (const auto* connected = std::get_if<client::Connected>(&told.event)) {
        self_ = connected->session;
        away_ = false;
    }
    away_ = away_ || std::holds_alternative<client::Reconnecting>(told.event);
    // A one-shot prints what it was asked for and nothing else, unless somebody wants it all.
    if (options_.json || !options_.one_shot || is_answer(told.event)) {
        report_.event(told.event, view(), told.at);
    }
    std::visit([&](const auto& event) { on(event, now); }, told.event);
}

void Session::on(const client::Connected&, TimePoint now) {
    if (phase_ != Phase::connecting) {
        return;
    }
    phase_ = Phase::connected;
    if (options_.until.time) {
        finish_at_ = now + *options_.until.time;
    }
    if (muted_ || deafened_) {
        talkie_->set_self_state(muted_, deafened_);
    }
    if (options_.join.empty()) {
        get_ready(now);
    } else {
        enter_first_room(now);
    }
}

void Session::on(const client::Disconnected& event, TimePoint) {
    if (phase_ == Phase::connecting) {
        code_ = code_for_failed_connect(event.error.code);
        report_.failure(event.error, code_);
    } else if (phase_ == Phase::connected) {
        code_ = ExitCode::lost;
        report_.failure(event.error, code_);
    }
    phase_ = Phase::over;
}

void Session::on(const client::RoomsChanged&, TimePoint now) { enter_first_room(now); }

void Session::on(const client::RoomEntered&, TimePoint now) {
    if (!options_.record_folder.empty()) {
        talkie_->record({.folder = options_.record_folder,
                         .kind = client::RecordingKind::everything,
                         .format = options_.record_format});
    }
    get_ready(now);
    go_on_after("join", now);
}

void Session::on(const client::RoomLeft&, TimePoint now) { go_on_after("leave", now); }
void Session::on(const client::HistoryReceived& event, TimePoint now) {
    if (!event.missed) {
        go_on_after("history", now);
    }
}
void Session::on(const client::RolesReceived&, TimePoint now) { go_on_after("roles", now); }
void Session::on(const client::RoomRulesReceived&, TimePoint now) { go_on_after("room", now); }
void Session::on(const client::Explained&, TimePoint now) { go_on_after("explain", now); }
void Session::on(const client::Administered& event, TimePoint now) {
    go_on_after(event.command, now);
}

void Session::on(const client::BansReceived& event, TimePoint now) {
    go_on_after(event.command, now);
}

void Session::on(const client::AuditReceived&, TimePoint now) { go_on_after("audit", now); }

void Session::on(const client::LetterAccepted&, TimePoint now) { answered("message", now); }
void Session::on(const client::LettersReceived& event, TimePoint now) {
    if (!event.missed) {
        answered("messages", now);
    }
}
void Session::on(const client::UnreadReceived&, TimePoint now) { answered("unread", now); }

void Session::on(const client::InviteMade&, TimePoint now) { answered("invite", now); }
void Session::on(const client::InvitesReceived&, TimePoint now) { answered("invite", now); }
void Session::on(const client::InviteUsed&, TimePoint now) { answered("invite", now); }

void Session::on(const client::AccountChanged& event, TimePoint now) {
    answered(event.command, now);
}
void Session::on(const client::DevicesReceived&, TimePoint now) { answered("devices", now); }
void Session::on(const client::Done& event, TimePoint now) { answered(event.command, now); }

void Session::answered(std::string_view command, TimePoint now) {
    if (options_.one_shot && awaited_word(*options_.one_shot) == command) {
        finish(ExitCode::fine, now);
    }
    go_on_after(command, now);
}

void Session::go_on_after(std::string_view command, TimePoint now) {
    if (awaited_ != command) {
        return;
    }
    awaited_.clear();
    while (awaited_.empty() && !waiting_.empty()) {
        const auto next = std::move(waiting_.front());
        waiting_.pop_front();
        take(next, now);
    }
}

void Session::drop_waiting_texts() {
    std::deque<Item> kept;
    bool lost = true;  // up to where the script asks for another room
    for (auto& item : waiting_) {
        const auto* input = std::get_if<InputLine>(&item);
        const auto command = input != nullptr ? parse_command(input->line) : Command{Help{}};
        lost = lost && !(command && std::holds_alternative<Move>(*command));
        if (lost && command && std::holds_alternative<Say>(*command)) {
            report_.mistake({.code = ErrorCode::not_in_room,
                             .message = std::format("not said, as the room was not changed: {}",
                                                    std::get<Say>(*command).text)});
        } else {
            kept.push_back(std::move(item));
        }
    }
    waiting_ = std::move(kept);
}

void Session::on(const client::TextReceived& event, TimePoint now) {
    if (event.session == self_) {
        if (accept_by_) {
            finish(ExitCode::fine, now);
        }
        return;
    }
    ++texts_heard_;
    if (options_.until.texts && texts_heard_ >= *options_.until.texts) {
        finish(ExitCode::fine, now);
    }
}

void Session::on(const client::Refused& event, TimePoint now) {
    if (event.command == "music") {
        if (capture_.music) {  // or they have thought better of it meanwhile
            capture_ = client::voice_instead_of(capture_, voice_);
        }
        return;  // one is there, and heard as a voice
    }
    // Without what the command line asked for there is nothing to do; a person may ask again.
    if (phase_ == Phase::connected && (options_.one_shot || !ready_)) {
        give_up(event.error, ExitCode::refused, now);
    }
    if (event.command == awaited_ && (awaited_ == "join" || awaited_ == "leave")) {
        drop_waiting_texts();
    }
    go_on_after(event.command, now);
}

void Session::on(const client::MicFinished&, TimePoint now) {
    if (options_.until.mic_finished) {
        finish_at_ = std::min(finish_at_.value_or(TimePoint::max()), now + last_words);
    }
}

// A device may come back; what is missing in a file stays missing.
void Session::on(const client::DeviceChanged& event, TimePoint) {
    file_failed_ =
        file_failed_ || is_file(event.capture ? options_.talkie.mic : options_.talkie.speaker);
}

void Session::on(const client::RecordingChanged& event, TimePoint) { recording_ = event.on; }

// --- getting ready, and lines of input --------------------------------------------------------

void Session::enter_first_room(TimePoint now) {
    if (phase_ != Phase::connected || joined_ || options_.join.empty()) {
        return;
    }
    joined_ = true;
    if (const auto entered = enter(options_.join, options_.room_password); !entered) {
        give_up(entered.error(), ExitCode::refused, now);
    }
}

void Session::get_ready(TimePoint now) {
    if (phase_ != Phase::connected || ready_) {
        return;
    }
    ready_ = true;
    if (!options_.one_shot) {
        return;
    }
    perform(*options_.one_shot, now);
    if (std::holds_alternative<Say>(*options_.one_shot) ||
        !awaited_word(*options_.one_shot).empty()) {
        accept_by_ = now + accept_time_max;
    } else {
        finish(ExitCode::fine, now);
    }
}

void Session::on_line(const std::string& line, TimePoint now) {
    if (phase_ != Phase::connected || line.find_first_not_of(" \t\r") == std::string::npos) {
        return;
    }
    const auto command = parse_command(line);
    if (!command) {
        report_.mistake(command.error());
        return;
    }
    perform(*command, now);
}

void Session::on_input_end(TimePoint now) {
    // A script that has said all it had to say. With a bound to wait for it is just silent.
    if (!options_.until.any()) {
        finish(ExitCode::fine, now);
    }
}

}  // namespace partyline::cli
