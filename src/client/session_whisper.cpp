// Whispering, as a session asks for it and is told of it.
#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "client/limits.hpp"
#include "client/session.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

static_assert(whisper_stream_max.value == wire::stream_max && wire::stream_max < streams_max);

bool names_nobody(const wire::SetWhisper& set) {
    return set.sessions.empty() && set.channels.empty();
}

}  // namespace

// --- what the person wants -------------------------------------------------------------------

void Session::whisper(WhisperCommand command) {
    std::visit([this](auto& one) { ask(std::move(one)); }, command);
}

void Session::ask(SetWhisper set) {
    if (!set.stream || set.stream > whisper_stream_max) {
        refuse(Asked::whisper, {.code = ErrorCode::malformed,
                                .message = std::format("Sets to whisper to are numbered 1 to {}.",
                                                       whisper_stream_max.value)});
        return;
    }
    if (set.sessions.size() > wire::whisper_sessions_max ||
        set.channels.size() > wire::whisper_channels_max) {
        refuse(Asked::whisper,
               {.code = ErrorCode::too_large,
                .message =
                    std::format("A set to whisper to is made of {} people and {} rooms at most.",
                                wire::whisper_sessions_max, wire::whisper_channels_max)});
        return;
    }
    request(wire::SetWhisper{.stream = set.stream,
                             .sessions = std::move(set.sessions),
                             .channels = std::move(set.channels)},
            {.asked = Asked::whisper});
}

void Session::ask(Whisper whisper) {
    const bool known = !whisper.stream || whisper_sets_.has(whisper.stream) ||
                       is_whisper_set_asked(whisper.stream);
    if (!known) {
        refuse(Asked::whisper,
               {.code = ErrorCode::malformed,
                .message = std::format("Say first whom to whisper to: there is no set {}.",
                                       whisper.stream.value)});
        return;
    }
    whisper_to(whisper.stream);
    port_.emit(Done{command_word(Asked::whisper)});
}

bool Session::is_whisper_set_asked(StreamId stream) const {
    return std::ranges::any_of(requests_, [stream](const auto& entry) {
        const auto* set = std::get_if<wire::SetWhisper>(&entry.second.body);
        return entry.second.asked == Asked::whisper && set->stream == stream;
    });
}

void Session::whisper_to(StreamId stream) {
    whispering_ = stream;
    port_.to_up(SetStream{stream});
    update_whispers();
}

// --- what the server says --------------------------------------------------------------------

void Session::on_answer(const Request& request, const wire::WhisperMembers& members) {
    const auto* asked = std::get_if<wire::SetWhisper>(&request.body);
    if (asked == nullptr || asked->stream != members.stream) {
        return;
    }
    const bool by_person = request.asked == Asked::whisper;
    if (by_person) {
        whisper_sets_.accepted(*asked);
    }
    whispers_to_tell_.set(asked->stream.value);
    whisper_keys_.members(members);
    if (by_person && names_nobody(*asked) && whispering_ == asked->stream) {
        whisper_to({});
    }
    pump_keys();
    if (by_person) {
        port_.emit(Done{command_word(Asked::whisper)});
    }
}

void Session::on(const wire::WhisperMembers& members) { whisper_keys_.members(members); }

void Session::on(const wire::WhisperChanged& change) {
    whisper_keys_.changed(change);
    pump_keys();
}

void Session::on(const wire::WhisperOpened& opened) {
    whisperers_.opened(opened);
    pump_keys();
}

void Session::on(const wire::WhisperClosed& closed) {
    whisperers_.closed(closed);
    pump_keys();
}

// --- keys and voice --------------------------------------------------------------------------

void Session::pump_whispers() {
    ask_whispers_again();
    whisper_keys_.tick();
    for (auto& output : whisper_keys_.take_outputs()) {
        std::visit([this](auto& one) { carry_out_whisper(std::move(one)); }, output);
    }
    for (auto& output : whisperers_.take_outputs()) {
        std::visit([this](auto& one) { carry_out_whisper(std::move(one)); }, output);
    }
    for (std::uint8_t number = 1; number <= whisper_stream_max.value; ++number) {
        tell_whisper_set(StreamId{number});
    }
}

void Session::carry_out_whisper(ToServer output) {
    request(std::move(output.body), {.asked = Asked::whisper_keys, .ticket = output.ticket});
}

void Session::carry_out(WhispererEntered output) {
    port_.to_down(output);
    if (!std::exchange(playout_begun_, true)) {
        port_.begin_playout();
    }
}

void Session::tell_whisper_set(StreamId stream) {
    auto audience = whisper_keys_.audience(stream);
    auto& told = whispers_told_[stream.value];
    if (!whispers_to_tell_.test(stream.value) && audience == told) {
        return;
    }
    whispers_to_tell_.reset(stream.value);
    told = std::move(audience);
    port_.emit(WhisperSet{.stream = stream, .members = told});
}

// Nothing is sealed that nobody is there to hear.
void Session::update_whispers() {
    for (std::uint8_t number = 1; number <= whisper_stream_max.value; ++number) {
        const StreamId stream{number};
        const bool open = !mute_ && !deafen_ && whisper_keys_.is_heard(stream);
        if (open != whispers_open_.test(number)) {
            whispers_open_.set(number, open);
            port_.to_up(SetOpen{.open = open, .stream = stream});
        }
    }
    // In no room there is nobody else whom capture would wait for.
    if (whispering_ && whisper_keys_.is_heard(whispering_) &&
        !std::exchange(capture_begun_, true)) {
        port_.begin_capture();
    }
}

// --- on another seat -------------------------------------------------------------------------

// Nothing else is to be done any more.
void Session::hush_whisperers() {
    whisperers_.hush();
    for (const auto& output : whisperers_.take_outputs()) {
        if (const auto* change = std::get_if<WhisperingChange>(&output)) {
            port_.emit(*change);
        }
    }
}

void Session::take_up_whispers() {
    for (const auto& room : whisper_sets_.take_up(std::move(estate_.whispers), model_)) {
        refuse(Asked::whisper,
               {.code = ErrorCode::unknown_channel,
                .message = std::format(
                    "The room \"{}\", which you whispered to, is not there any more.", room)});
    }
    // With or without a set: what was to be whispered must never be said to the room.
    if (estate_.whispering) {
        whisper_to(estate_.whispering);
    }
    pump_keys();
}

// More was missed than the server keeps. It tells again who may whisper to us, and knows our sets; we
// do not know who is in them.
void Session::renew_whispers() {
    whisperers_.forget_all();
    whisper_sets_.ask_again();
    whispers_not_before_ = {};
}

void Session::ask_whispers_again() {
    if (!model_.ready() || away_) {
        return;
    }
    whisper_sets_.find_missing(model_);
    const auto now = clock_.now();
    if (!whisper_sets_.is_due() || now < whispers_not_before_) {
        return;
    }
    whispers_not_before_ = now + whisper_set_interval;
    for (auto& set : whisper_sets_.take_due(model_)) {
        if (is_whisper_set_asked(set.stream)) {
            whisper_sets_.ask_again(set.stream);  // unless the answer brings another
        } else {
            request(std::move(set), {.asked = Asked::whisper_again});
        }
    }
}

void Session::whispers_refused(const Request& request, const Error& error) {
    const auto* set = std::get_if<wire::SetWhisper>(&request.body);
    if (set == nullptr) {
        return;
    }
    if (error.code == ErrorCode::rate_limited) {
        const Duration wait = std::chrono::milliseconds(error.retry_ms);
        whispers_not_before_ = clock_.now() + std::max<Duration>(wait, whisper_set_interval);
        whisper_sets_.ask_again(set->stream);
        return;
    }
    whisper_sets_.forget(set->stream);
    refuse(Asked::whisper, error);
}

}  // namespace partyline::client
