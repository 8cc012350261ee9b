// What the person wants, what the voice threads report, and time. What the server says is in
// session_messages.cpp.
#include "client/session.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "client/handshake.hpp"
#include "crypto/keys.hpp"
#include "wire/check.hpp"

namespace partyline::client {
namespace {

/// As Refused tells it.
constexpr std::array command_words{
    "join",           "leave",    "say",      "history",  "edit",     "delete", "self_state",
    "claim",          "link",     "unlink",   "devices",  "password", "owner",  "recovery-code",
    "administration", "missed",   "message",  "messages", "unread",   "read",   "invite",
    "invite",         "whisper",  "priority", "record",   "keys",     "keys",   "whisper",
    "priority",       "messages", "other"};

/// So many that the message fits the server's frame, too, should that be a short one.
std::size_t shares_per_message(const wire::Limits& told) {
    constexpr std::size_t share_bytes = wire::share_bytes_max + 16;  // with numbers and tags
    constexpr std::size_t message_bytes = 64;                        // what is in it beside them
    if (told.frame_bytes == 0) {
        return told.shares_per_message;
    }
    const auto room = std::max<std::size_t>(told.frame_bytes, message_bytes) - message_bytes;
    return std::min<std::size_t>(told.shares_per_message, room / share_bytes);
}

}  // namespace

std::uint64_t Session::random_nonce() {
    std::array<std::byte, sizeof(std::uint64_t)> bytes{};
    crypto::fill_random(bytes);
    return std::max<std::uint64_t>(1, load_be<std::uint64_t>(bytes));
}

Session::Session(Given given, Seating seating, OwnDevice own, Estate estate)
    : port_(given.port),
      clock_(given.clock),
      identity_(given.identity),
      volumes_(given.volumes),
      seating_(std::move(seating)),
      keys_(std::move(own), given.clock, shares_per_message(seating_.limits)),
      whisper_keys_({.own = keys_.own(),
                     .book = keys_.devices(),
                     .clock = given.clock,
                     .shares_per_message = shares_per_message(seating_.limits),
                     .shown =
                         [this](StreamId stream, SessionId session) {
                             return model_.shows(session) &&
                                    whisper_sets_.is_meant(stream, session,
                                                           keys_.devices().identity(session));
                         }}),
      whisperers_(keys_.own(), keys_.devices()),
      estate_(std::move(estate)),
      backoff_(seating_.session.value),  // no two who are thrown out together wait alike
      missed_letters_(estate_.letters_told_to),
      last_heard_(clock_.now()),
      next_ping_(last_heard_ + control_ping_interval),
      next_renewal_(last_heard_ + device_renewal_interval) {
    model_.set_self(seating_.session);
}

// --- what the person wants -------------------------------------------------------------------

void Session::join(ChannelId channel, const std::string& password) {
    if (way_back_.again) {
        forget_way_back();
        tell_out();
    }
    heading_ = channel;
    request(wire::Join{.channel = channel, .password = password},
            {.asked = Asked::join, .password = password});
}

void Session::leave() {
    heading_ = {};
    silent_ = false;
    if (way_back_.again) {  // the server has us in no room
        forget_way_back();
        estate_.in_room = false;
        port_.emit(RoomLeft{});
        return;
    }
    // Not one more word goes out, whenever the server hears of it.
    ++leaves_asked_;
    update_open();
    request(wire::Leave{},
            {.asked = Asked::leave, .of_way_back = estate_.in_room && is_back_asked()});
}

void Session::say(std::string text) {
    if (going_back_) {
        estate_.unsaid.push_back({.nonce = random_nonce(), .text = std::move(text)});
        return;
    }
    if (!model_.own_channel()) {
        refuse(Asked::say, {.code = ErrorCode::not_in_room,
                            .message = "Join a room first: texts go to those who are in it."});
        return;
    }
    send_text({.nonce = random_nonce(), .text = std::move(text)});
}

void Session::send_text(Unsaid text) {
    if (request(
            wire::SendText{.channel = model_.own_channel(), .text = text.text, .nonce = text.nonce},
            {.asked = Asked::say})) {
        saying_.emplace(last_request_, std::move(text));
    }
}

// One at a time: an answer to what was asked before would be taken for that to what is asked now.
void Session::look_up_texts() {
    std::erase_if(requests_, [](const auto& entry) { return entry.second.asked == Asked::missed; });
    if (model_.own_channel() && missed_.any()) {
        request(wire::GetHistory{.channel = model_.own_channel()}, {.asked = Asked::missed});
    } else if (model_.own_channel() && missed_.knows_nothing()) {
        request(wire::GetHistory{.channel = model_.own_channel(), .messages = 1},
                {.asked = Asked::missed});
    }
}

void Session::history(MessageId before, std::uint32_t texts) {
    if (!model_.own_channel()) {
        refuse(Asked::history, {.code = ErrorCode::not_in_room,
                                .message = "Join a room first, to read what was said in it."});
        return;
    }
    request(wire::GetHistory{.channel = model_.own_channel(), .before = before, .messages = texts},
            {.asked = Asked::history});
}

void Session::edit(MessageId id, std::string text) {
    request(wire::EditText{.id = id, .text = std::move(text)}, {.asked = Asked::edit});
}

void Session::erase(MessageId id) { request(wire::DeleteText{id}, {.asked = Asked::erase}); }

void Session::set_self_state(bool mute, bool deafen) {
    // Here and now; the server only tells the others.
    mute_ = mute || deafen;
    deafen_ = deafen;
    update_open();
    port_.to_down(SetDeafened{deafen_});
    request(wire::SetSelfState{.mute = mute_, .deafen = deafen_}, {.asked = Asked::self_state});
}

void Session::record(bool wanted) {
    wants_recording_ = wanted;
    records_ = records_ && wanted;
    recording_granted_ = false;
    if (!request(wire::SetRecording{wanted}, {.asked = Asked::record}) && wanted) {
        wants_recording_ = false;
        port_.may_record(false);
    }
}

// Whoever is elsewhere now has not been told; and whoever still sees the mark is to see it no more.
void Session::end_recording(Error if_not_begun) {
    if (!std::exchange(wants_recording_, false)) {
        return;
    }
    const bool began = records_;
    record(false);
    port_.may_record(false);
    if (!began) {
        port_.emit(
            Refused{.command = command_word(Asked::record), .error = std::move(if_not_begun)});
    }
}

void Session::end_recording_elsewhere() {
    end_recording({.code = ErrorCode::not_in_room,
                   .message = "You are in another room now: ask again there."});
}

void Session::begin_recording_if_shown() {
    const auto own = model_.person(seating_.session);
    if (recording_granted_ && own && own->recording && !records_) {
        records_ = true;  // what we are told now everybody is told
        port_.may_record(true);
    }
}

void Session::heed_presence(std::span<const wire::Presence> told) {
    const auto own = std::ranges::find(told, seating_.session, &wire::Presence::session);
    if (own == told.end()) {
        return;
    }
    begin_recording_if_shown();
    // Whatever was told before the server's Ok came before it: this is news.
    if ((records_ || recording_granted_) && !own->recording) {
        end_recording({.code = ErrorCode::not_permitted,
                       .message = "You may not record this room any more."});
    }
}

bool Session::request(wire::ClientBody body, Request request) {
    const bool of_a_person = request.asked != Asked::missed && request.asked < Asked::keys;
    if (of_a_person && requests_.size() >= requests_outstanding_max) {
        refuse(request, {.code = ErrorCode::rate_limited,
                         .message = "Too many requests wait for the server's answer."});
        return false;
    }
    // A server hangs up on a message beyond the limits; to a person that is but a mistake.
    if (of_a_person) {
        if (auto checked =
                wire::check({.request_id = last_request_ + 1, .body = body}, seating_.limits);
            !checked) {
            refuse(request, std::move(checked).error());
            return false;
        }
    }
    ++last_request_;
    if (!away_) {
        port_.send({.request_id = last_request_, .body = body});
    } else if (request.asked == Asked::keys || request.asked == Asked::whisper_keys) {
        return true;  // key exchange asks for what it still wants when we are back
    } else {
        forget_older(body);
    }
    if (may_be_repeated(body)) {
        request.body = std::move(body);
    }
    requests_.emplace(last_request_, std::move(request));
    return true;
}

std::string Session::command_word(Asked asked) {
    return command_words[static_cast<std::size_t>(asked)];
}

void Session::refuse(const Request& request, Error error) {
    if (request.asked == Asked::administration) {
        port_.emit(Refused{.command = std::string(request.command), .error = std::move(error)});
    } else {
        refuse(request.asked, std::move(error));
    }
}

void Session::refuse(Asked asked, Error error) {
    if (asked == Asked::missed || asked >= Asked::keys) {
        log::debug("The server refused: {}", error.message);
        return;
    }
    if (asked == Asked::leave) {
        --leaves_asked_;
        update_open();
    }
    if (is_move(asked)) {
        heading_ = model_.own_channel();
    }
    port_.emit(Refused{.command = command_word(asked), .error = std::move(error)});
}

// Nothing is sealed that nobody is there to hear.
void Session::update_open() {
    const bool open = model_.own_channel() && leaves_asked_ == 0 && !silent_ && !mute_ &&
                      !deafen_ && keys_.members() > 0;
    if (open != open_) {
        open_ = open;
        port_.to_up(SetOpen{.open = open});
    }
    update_whispers();
}

// --- what the voice threads report -----------------------------------------------------------

void Session::take(VoiceReport report) {
    std::visit([this](const auto& one) { on_report(one); }, report);
}

// Who whispers does not talk to the room, whose light stays off.
void Session::on_report(const SpurtChanged& report) {
    const bool talking = report.talking && !report.stream;
    emit_all(model_.set_heard(seating_.session, talking));
    keys_.set_talking(talking);
    pump_keys();
}

void Session::on_report(const SpeakingChange& report) {
    if (report.stream) {
        whisperers_.set_heard(report.speaker, report.stream, report.speaking);
        pump_keys();
    } else {
        emit_all(model_.set_heard(report.speaker, report.speaking));
    }
}

void Session::on_report(const KeyNeed& report) {
    if (report.stream) {
        whisperers_.key_needed(report);
    } else {
        keys_.key_needed(report);
    }
    pump_keys();
}

void Session::on_report(const LaneChanged& report) {
    ++heard_revision_;
    lane_ = report.lane;
    const auto lane = lane_ == Lane::udp ? wire::VoiceLane::udp : wire::VoiceLane::tunnel;
    request(wire::SetVoiceLane{lane}, {});
    port_.emit(report);
}

void Session::on_report(const std::unique_ptr<HeardReport>& report) {
    ++heard_revision_;
    heard_ = *report;
}

// --- keys ------------------------------------------------------------------------------------

void Session::pump_keys() {
    // Before the first word of theirs can be opened.
    for (const auto session : keys_.devices().take_learnt()) {
        update_hearing(session);
    }
    for (auto& output : keys_.take_outputs()) {
        std::visit([this](auto& one) { carry_out(std::move(one)); }, output);
    }
    pump_whispers();
    update_open();
}

void Session::keys_answered(const Request& request, const std::optional<Error>& error) {
    if (request.asked == Asked::whisper_keys) {
        whisper_keys_.answered(request.ticket, error);
    } else {
        keys_.answered(request.ticket, error);
    }
    pump_keys();
}

void Session::carry_out(ToServer output) {
    request(std::move(output.body), {.asked = Asked::keys, .ticket = output.ticket});
}

void Session::carry_out(UseSenderKey output) { port_.to_up(std::move(output)); }

void Session::carry_out(DeviceRefused output) {
    if (auto person = model_.person(output.session)) {
        port_.emit(MemberRefused{*std::move(person)});
    }
}

void Session::carry_out(KeysComplete output) {
    if (!std::exchange(capture_begun_, true)) {
        port_.begin_capture();
    }
    port_.emit(KeysReady{output.channel});
}

// --- time ------------------------------------------------------------------------------------

void Session::tick() {
    const auto now = clock_.now();
    if (away_) {
        return;
    }
    if (now - last_heard_ >= control_silence_max) {
        port_.end(
            {.code = ErrorCode::timed_out,
             .message = std::format("The server has said nothing for {}.", control_silence_max)});
        return;
    }
    if (now >= next_ping_) {
        next_ping_ = now + control_ping_interval;
        request(wire::ControlPing{++last_ping_token_}, {});
    }
    if (now >= next_renewal_) {
        next_renewal_ = now + device_renewal_interval;
        const auto& own = keys_.own();
        request(wire::RenewDevice{make_device_key(identity_, own.server_id,
                                                  own.agreement.public_key(), clock_.unix_ms())},
                {});
    }
    if (way_back_.again && now >= *way_back_.again) {
        ask_for_way_back();
    }
    keys_.tick();
    pump_keys();
}

TimePoint Session::next_tick() const {
    if (away_) {
        return clock_.now() + control_silence_max;  // nothing is due before come_back()
    }
    const auto due = std::min({last_heard_ + control_silence_max, next_ping_, next_renewal_});
    return std::min({due, way_back_.again.value_or(due), keys_.next_tick().value_or(due),
                     whisper_keys_.next_tick().value_or(due),
                     whisper_sets_.is_due() ? whispers_not_before_ : due});
}

}  // namespace partyline::client
