// Back on a new connection: on the same seat, or on another as we were on the last.
#include <algorithm>
#include <chrono>
#include <span>
#include <type_traits>
#include <utility>

#include "client/limits.hpp"
#include "client/session.hpp"

namespace partyline::client {
namespace {

/// What has not gone out on the connection that ends now is there no more.
template <class Waiting>
void take_along(std::vector<Waiting>& to, Waiting waiting) {
    if (waiting.sent == Sent::on_its_way) {
        waiting.sent = Sent::perhaps;
    }
    to.push_back(std::move(waiting));
}

template <class Type, class... Types>
constexpr bool is_one_of = (std::is_same_v<Type, Types> || ...);

}  // namespace

// --- on the same seat ------------------------------------------------------------------------

void Session::go_away() {
    away_ = true;
    keys_.go_away();
    whisper_keys_.go_away();
    std::vector<Request> unsure;
    std::erase_if(requests_, [&](auto& entry) {
        auto& request = entry.second;
        if (!std::holds_alternative<wire::Unknown>(request.body)) {
            return false;
        }
        unsure.push_back(std::move(request));
        return true;
    });
    for (const auto& request : unsure) {
        refuse(request, {.code = ErrorCode::closed, .message = in_doubt(request.asked)});
    }
}

/// What to do where nobody knows whether it was done.
std::string Session::in_doubt(Asked asked) {
    std::string words =
        "The connection was lost before the server had answered: look whether it was done.";
    if (asked == Asked::claim || asked == Asked::link || asked == Asked::password) {
        words +=
            " If it was, the recovery code may be another, which nobody has seen: ask for a new "
            "one.";
    }
    return words;
}

void Session::fall_silent() {
    silent_ = true;
    update_open();
}

// What only sets a state, or asks for something. Done twice, the rest would be done double, or the
// second answer would hide the first.
bool Session::may_be_repeated(const wire::ClientBody& body) {
    return std::visit(
        [](const auto& one) {
            using Body = std::remove_cvref_t<decltype(one)>;
            return is_one_of<
                Body, wire::Join, wire::Leave, wire::SendText, wire::EditText, wire::DeleteText,
                wire::GetHistory, wire::SetSelfState, wire::SetPriority, wire::SetRecording,
                wire::SetVoiceLane, wire::RenewDevice, wire::ListDevices, wire::GetRoles,
                wire::EditRole, wire::GrantRole, wire::RevokeRole, wire::SetOverride,
                wire::GetOverrides, wire::Explain, wire::EditChannel, wire::MoveChannel,
                wire::DeleteChannel, wire::ListBans, wire::SetServerMute, wire::MoveMember,
                wire::GetAudit, wire::ListInvites, wire::SendDirect, wire::GetDirect,
                wire::GetUnread, wire::MarkRead, wire::SetWhisper, wire::RenewRecoveryCode>;
        },
        body);
}

bool Session::was_done_before(const Request& request, ErrorCode code) const {
    const auto repeats = [&]<class Body>(std::type_identity<Body>) {
        return request.repeated && std::holds_alternative<Body>(request.body);
    };
    switch (code) {
        // Unless we know that we are in none.
        case ErrorCode::not_in_room:
            return repeats(std::type_identity<wire::Leave>{}) && model_.own_channel();
        case ErrorCode::unknown_text: return repeats(std::type_identity<wire::DeleteText>{});
        case ErrorCode::unknown_channel: return repeats(std::type_identity<wire::DeleteChannel>{});
        default: return false;
    }
}

// However often the lane changes, or somebody mutes themself, while we are away.
void Session::forget_older(const wire::ClientBody& body) {
    const bool sets_one_state = std::holds_alternative<wire::SetSelfState>(body) ||
                                std::holds_alternative<wire::SetPriority>(body) ||
                                std::holds_alternative<wire::SetRecording>(body) ||
                                std::holds_alternative<wire::SetVoiceLane>(body) ||
                                std::holds_alternative<wire::RenewDevice>(body);
    if (sets_one_state) {
        std::erase_if(requests_,
                      [&](const auto& entry) { return entry.second.body.index() == body.index(); });
    }
}

void Session::come_back(const wire::Resumed& resumed) {
    const auto now = clock_.now();
    away_ = false;
    last_seq_ = resumed.seq;
    last_heard_ = now;
    next_ping_ = now + control_ping_interval;
    const bool nowhere = !resumed.channel && !model_.own_channel();
    if (nowhere && resumed.route && resumed.route != route_) {
        use_route(resumed.route);
    }
    if (!resumed.replayed) {
        anew_ = Anew{.resumed = resumed, .moved = resumed.channel != heading_};
        model_.begin_snapshot();
        missed_.go_away();
        forget_moves(resumed);
    }
    ask_again();
    keys_.come_back();
    whisper_keys_.come_back();
    pump_keys();
}

bool Session::is_moving() const {
    return std::ranges::any_of(requests_,
                               [](const auto& entry) { return is_move(entry.second.asked); });
}

// Only their answers were lost: we are where they were to bring us, and take_place() tells of it. Asked
// once more, they would be told of once more.
void Session::forget_moves(const wire::Resumed& resumed) {
    const bool is_new =
        resumed.channel != model_.own_channel() || (resumed.channel && resumed.route != route_);
    if (!is_new || resumed.channel != heading_) {
        return;
    }
    std::erase_if(requests_, [this](const auto& entry) {
        const auto& request = entry.second;
        if (request.asked == Asked::join) {
            room_password_ = request.password;
        }
        return is_move(request.asked);
    });
}

void Session::ask_again() {
    for (auto& [id, request] : requests_) {
        request.repeated = true;
        port_.send({.request_id = id, .body = request.body});
    }
}

// More was missed than the server keeps: who is not in the fresh snapshot has gone.
void Session::settle_snapshot() {
    if (!anew_) {
        return;
    }
    const auto anew = *std::exchange(anew_, std::nullopt);
    std::vector<SessionId> gone;
    emit_all(model_.end_snapshot(gone));
    update_bitrate_cap();
    for (const auto session : gone) {
        forget_session(session);
    }
    renew_whispers();
    look_up_letters();
    take_place(anew.resumed, anew.moved);
}

void Session::take_place(const wire::Resumed& resumed, bool moved) {
    const auto people = model_.people();
    const wire::Joined place{.channel = resumed.channel,
                             .channel_epoch = resumed.channel_epoch,
                             .route = resumed.route,
                             .frame_ms = resumed.frame_ms,
                             .members = static_cast<std::uint32_t>(
                                 std::ranges::count(people, resumed.channel, &Person::channel))};
    const bool known = resumed.channel == model_.own_channel();
    if (known && (!resumed.channel || resumed.route == route_)) {
        keys_.joined(place);  // for its epoch
        presence_changed();
        set_frame_ms(resumed.frame_ms);
        look_up_texts();
        return;
    }
    // Either a request of ours was carried out and its answer was lost, or somebody has moved us,
    // perhaps away and back again.
    const bool back = resumed.channel && way_back_.to == resumed.channel;
    if (way_back_.to && !back && (way_back_.again || !moved)) {
        forget_way_back();
    }
    if (!is_moving()) {
        heading_ = resumed.channel;
    }
    leaves_asked_ = static_cast<unsigned>(std::ranges::count(
        requests_, Asked::leave, [](const auto& entry) { return entry.second.asked; }));
    if (!resumed.channel) {
        left(moved, resumed.route);
        return;
    }
    if (known) {
        keys_.left_room();
    }
    entered(place, moved || (back && !going_back_));
    if (back && !moved) {
        be_back();
    }
}

// --- on another seat -------------------------------------------------------------------------

Estate Session::leave_behind() {
    if (!model_.ready()) {
        return std::move(estate_);  // nothing of it has been taken up
    }
    emit_all(model_.hush());
    hush_whisperers();
    auto room = model_.path_of(heading_);
    if (room.empty() && going_back_ && heading_ == way_back_.to) {
        room = estate_.room;  // it ended before we were let in
    }
    Estate estate{
        .again = true,
        .room = std::move(room),
        .room_id = model_.lasting(heading_),
        .room_password = std::move(going_back_ ? estate_.room_password : room_password_),
        .in_room = estate_.in_room,
        .mute = mute_,
        .deafen = deafen_,
        .priority = going_back_ ? estate_.priority
                                : wants_priority_ && priority_ && heading_ == model_.own_channel(),
        .unsaid = {},
        .told_to = missed_.told_to(),
        .letters = {},
        .letters_told_to = missed_letters_.told_to(),
        .whispers = whisper_sets_.wishes(
            model_, [this](SessionId session) { return keys_.devices().identity(session); }),
        .whispering = whispering_,
        .moving = going_back_ ? std::move(estate_.moving) : std::string()};
    const bool stays = heading_ == model_.own_channel();
    if (going_back_) {
        estate.told_to = estate_.told_to;
    } else if (!stays) {
        estate.told_to = {};
    }
    take_words(estate, stays);
    take_requests(estate, stays);
    // As long as the person is nowhere, and has not asked for anything else.
    estate.instead = !going_back_ && way_back_.to && heading_ == way_back_.to &&
                     !model_.own_channel() && estate.moving.empty();
    return estate;
}

/// What was written, and is not known to have come.
void Session::take_words(Estate& estate, bool stays) {
    const auto sent = away_ ? Sent::perhaps : Sent::on_its_way;
    for (auto& [id, text] : saying_) {
        if (stays) {
            text.sent = sent;
            estate.unsaid.push_back(std::move(text));
        }
    }
    for (auto& text : estate_.unsaid) {
        take_along(estate.unsaid, std::move(text));
    }
    for (auto& [id, letter] : writing_) {
        // Of a guest whom we share no room with only the session is known, and another may bear that number
        // next time.
        if (!letter.letter.to.session) {
            requests_.erase(id);
            letter.sent = sent;
            estate.letters.push_back(std::move(letter));
        }
    }
    for (auto& letter : estate_.letters) {
        take_along(estate.letters, std::move(letter));
    }
}

/// What is asked for once more is taken along, and the rest refused.
void Session::take_requests(Estate& estate, bool stays) {
    const Error lost{.code = ErrorCode::closed,
                     .message = "The connection was lost before the server had answered."};
    for (const auto& [id, request] : requests_) {
        if (request.asked == Asked::join) {
            estate.room_password = request.password;
        }
        estate.priority =
            estate.priority || (wants_priority_ && request.asked == Asked::priority_again);
        if (is_move(request.asked) && !request.back) {
            estate.moving = command_word(request.asked);
        }
        const bool taken_along = is_move(request.asked) || request.asked == Asked::self_state ||
                                 (request.asked == Asked::say && stays);
        if (!taken_along) {
            refuse(request, lost);
        }
    }
}

void Session::go_back() {
    if (!estate_.again) {
        return;
    }
    port_.emit(RoomsChanged{});
    take_up_whispers();
    for (auto& letter : std::exchange(estate_.letters, {})) {
        send_letter(std::move(letter));
    }
    // Before the room, so that not one word of a muted person gets out.
    if (estate_.mute || estate_.deafen) {
        set_self_state(estate_.mute, estate_.deafen);
    }
    if (estate_.room.empty()) {
        if (std::exchange(estate_.in_room, false)) {
            port_.emit(RoomLeft{});
        }
        return;
    }
    way_back_.to = former_room();
    if (estate_.instead) {
        find_other_rooms();
        if (way_back_.to) {
            ask_for_way_back();
        } else {
            try_another_room();
        }
        return;
    }
    if (way_back_.to) {
        going_back_ = true;
        ask_for_way_back();
        return;
    }
    find_other_rooms();
    stay_out({.code = ErrorCode::unknown_channel,
              .message = "The room you were in is not there any more."});
    try_another_room();
}

// By its number first: it may have another name by now, or lie elsewhere.
ChannelId Session::former_room() const {
    const auto same = model_.lasting(estate_.room_id);
    return same ? same : model_.room_at(estate_.room);
}

void Session::ask_for_way_back() {
    heading_ = way_back_.to;
    way_back_.again.reset();
    request(wire::Join{.channel = heading_, .password = estate_.room_password},
            {.asked = Asked::join, .back = true, .password = estate_.room_password});
}

void Session::back_refused(const Error& error) {
    // The person would rather be elsewhere by now, or is: an answer that takes a password comes late.
    if (is_moving() || model_.own_channel()) {
        forget_way_back();
        if (!model_.own_channel()) {
            tell_out();
        } else if (!is_moving()) {
            heading_ = model_.own_channel();  // where somebody has put us meanwhile
        }
        return;
    }
    // After a restart many come at once, and a password takes its time.
    if (error.code == ErrorCode::rate_limited || error.code == ErrorCode::store_failed) {
        heading_ = way_back_.to;
        way_back_.again =
            clock_.now() + std::chrono::milliseconds(error.retry_ms) + backoff_.next();
        return;
    }
    if (going_back_) {
        find_other_rooms();
        stay_out(error);
    }
    try_another_room();
}

bool Session::is_out_already(const Request& request, ErrorCode code) const {
    return request.of_way_back && code == ErrorCode::not_in_room && !model_.own_channel() &&
           !is_back_asked();
}

// The person wanted to be out of the room that they were told to be in, and is.
void Session::leave_not_needed() {
    --leaves_asked_;
    update_open();
    tell_out();
}

void Session::find_other_rooms() {
    auto& others = way_back_.others;
    if (!estate_.in_room && !estate_.instead) {
        return;  // they were on their way in from none
    }
    const auto add = [&](ChannelId room) {
        if (room && room != way_back_.to && others.size() < other_rooms_max &&
            !std::ranges::contains(others, room)) {
            others.push_back(room);
        }
    };
    auto path = model_.path_of(way_back_.to);
    if (path.empty()) {
        path = estate_.room;  // it is there no more
    }
    for (auto names = std::span(path); names.size() > 1;) {
        names = names.first(names.size() - 1);
        add(model_.room_at(names));
    }
    for (const auto& room : model_.rooms()) {
        if (!room.temporary && !room.password) {
            add(room.id);
        }
    }
    std::ranges::reverse(others);
}

// Without a word until we are in one: why we are not in ours was told.
void Session::try_another_room() {
    estate_.room_password.clear();
    if (way_back_.others.empty()) {
        way_back_ = {};
        heading_ = model_.own_channel();
        return;
    }
    way_back_.to = way_back_.others.back();
    way_back_.others.pop_back();
    ask_for_way_back();
}

void Session::be_back() {
    going_back_ = false;
    way_back_ = {};
    backoff_.reset();
    // Without a word: whoever may not have it any more sees that they have not.
    if (std::exchange(estate_.priority, false)) {
        wants_priority_ = true;
        request(wire::SetPriority{true}, {.asked = Asked::priority_again});
    }
    for (auto& text : std::exchange(estate_.unsaid, {})) {
        send_text(std::move(text));
    }
}

void Session::stay_out(Error error) {
    going_back_ = false;
    estate_.priority = false;
    tell_out();
    refuse(Asked::join, std::move(error));
    refuse_unsaid();
}

void Session::forget_way_back() {
    going_back_ = false;
    way_back_ = {};
    estate_.priority = false;
    refuse_unsaid();
}

void Session::refuse_unsaid() {
    for (const auto& text : std::exchange(estate_.unsaid, {})) {
        refuse(Asked::say,
               {.code = ErrorCode::not_in_room,
                .message = "Not said, as we could not get back to the room: " + text.text});
    }
}

void Session::tell_out() {
    if (std::exchange(estate_.in_room, false)) {
        port_.emit(RoomLeft{});
    }
}

}  // namespace partyline::client
