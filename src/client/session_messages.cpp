// What the server says: one overload for each message.
#include <algorithm>
#include <utility>

#include "client/model_view.hpp"
#include "client/session.hpp"

namespace partyline::client {

void Session::receive(const wire::ServerMessage& message) {
    last_heard_ = clock_.now();
    if (message.seq != 0) {
        last_seq_ = message.seq;
    }
    if (message.reply_to == 0) {
        std::visit([this](const auto& body) { on(body); }, message.body);
    } else if (const auto node = requests_.extract(message.reply_to)) {
        saying_.erase(message.reply_to);
        writing_.erase(message.reply_to);
        std::visit([&](const auto& body) { on_answer(node.mapped(), body); }, message.body);
    }
}

void Session::show(ModelView& view) {
    if (model_.ready()) {
        view.follow(model_);
    }
}

void Session::emit_all(const Model::Events& events) {
    for (const auto& event : events) {
        port_.emit(event);
    }
}

// --- answers ---------------------------------------------------------------------------------

void Session::on_answer(const Request& request, const wire::Joined& joined) {
    if (request.asked != Asked::join) {
        return;
    }
    if (request.back && !is_moving()) {
        heading_ = joined.channel;
    }
    room_password_ = request.password;
    entered(joined, request.back && !going_back_);
    if (request.back) {
        be_back();
    }
}

void Session::entered(const wire::Joined& joined, bool moved) {
    estate_.in_room = true;
    if (joined.channel != model_.own_channel() || joined.route != route_) {
        end_recording_elsewhere();
        priority_ = false;  // as the server sees it
    }
    if (joined.channel != model_.own_channel()) {
        const bool back = going_back_ && joined.channel == heading_;
        missed_ = back ? MissedTexts(std::exchange(estate_.told_to, {})) : MissedTexts();
    }
    const auto events = model_.enter(joined.channel);
    port_.emit(RoomEntered{.channel = joined.channel, .moved = moved});
    emit_all(events);
    // The fresh key goes ahead of the new route, so that nothing reaches the new room under the
    // old one.
    keys_.joined(joined);
    presence_changed();
    use_route(joined.route);
    set_frame_ms(joined.frame_ms);
    update_bitrate_cap();
    if (!std::exchange(playout_begun_, true)) {
        port_.begin_playout();
    }
    look_up_texts();
}

void Session::on_answer(const Request& request, const wire::Ok&) {
    if (request.ticket != 0) {
        keys_answered(request, std::nullopt);
    }
    if (request.asked == Asked::unlink || request.asked == Asked::owner ||
        request.asked == Asked::mark_read || request.asked == Asked::invite ||
        request.asked == Asked::edit || request.asked == Asked::erase ||
        request.asked == Asked::priority) {
        port_.emit(Done{command_word(request.asked)});
    }
    if (request.asked == Asked::administration) {
        port_.emit(Administered{std::string(request.command)});
    }
    if (const auto* recording = std::get_if<wire::SetRecording>(&request.body);
        recording != nullptr && recording->on && wants_recording_ && !is_asked(Asked::record)) {
        recording_granted_ = true;
        begin_recording_if_shown();
    }
    if (const auto* priority = std::get_if<wire::SetPriority>(&request.body)) {
        priority_ = priority->on;
    }
    if (request.asked == Asked::leave) {
        has_left({});  // its answer was lost, and the route with it
    }
}

void Session::on_answer(const Request& request, const wire::Moved& moved) {
    if (request.asked == Asked::leave) {
        has_left(moved.route);
    }
}

void Session::has_left(Route route) {
    --leaves_asked_;
    left(false, route);
}

// In no room it is good for pings, and for whispers.
void Session::use_route(Route route) {
    route_ = route;
    port_.to_up(SetRoute{route});
    port_.to_down(SetRoute{route});
}

void Session::left(bool moved, Route route) {
    estate_.in_room = false;
    end_recording_elsewhere();
    priority_ = false;
    const auto events = model_.enter(ChannelId{});
    keys_.left_room();
    presence_changed();
    // The old one died with the room. Where we are not told of another, it comes with the next room.
    use_route(route);
    port_.emit(RoomLeft{.moved = moved});
    emit_all(events);
}

void Session::on_answer(const Request& request, const wire::Refusal& refusal) {
    if (was_done_before(request, refusal.error.code)) {
        on_answer(request, wire::Ok{});
        return;
    }
    if (request.asked == Asked::missed) {
        missed_.give_up();
    } else if (request.asked == Asked::missed_letters) {
        missed_letters_.give_up();
    }
    if (request.ticket != 0) {
        keys_answered(request, refusal.error);
    }
    // Of an older wish it says nothing of the newest.
    if (request.asked == Asked::record && !is_asked(Asked::record)) {
        wants_recording_ = false;
        port_.may_record(false);
    }
    if (request.asked == Asked::whisper_again) {
        whispers_refused(request, refusal.error);
    } else if (request.back) {
        back_refused(refusal.error);
    } else if (is_out_already(request, refusal.error.code)) {
        leave_not_needed();
    } else {
        refuse(request, refusal.error);
    }
    if (refusal.closing) {
        port_.end(refusal.error);
    }
}

void Session::on_answer(const Request&, const wire::MemberKeys& keys) { on(keys); }

void Session::take_missed(const wire::History& history) {
    const auto found = missed_.take(history);
    HistoryReceived received{
        .channel = history.channel, .texts = {}, .more = found.more, .missed = true};
    for (const auto& text : found.texts) {
        received.texts.push_back(kept(text));
    }
    if (!received.texts.empty()) {
        port_.emit(received);
    }
}

void Session::on_answer(const Request& request, const wire::History& history) {
    if (request.asked == Asked::missed) {
        take_missed(history);
        return;
    }
    HistoryReceived received{.channel = history.channel, .texts = {}, .more = history.more};
    for (const auto& text : history.texts) {
        received.texts.push_back(kept(text));
    }
    port_.emit(received);
}

// --- events ----------------------------------------------------------------------------------

void Session::on(const wire::ChannelPage& page) { emit_all(model_.fold(page)); }

void Session::on(const wire::ChannelsChanged& change) {
    emit_all(model_.fold(change));
    update_bitrate_cap();
}

void Session::on(const wire::Moved& moved) {
    // Whoever puts us somewhere means us to stay there: we only wait to be let in elsewhere.
    const bool back = way_back_.again && moved.channel == way_back_.to;
    if (way_back_.again && !back) {
        forget_way_back();
        heading_ = model_.own_channel();
    }
    // Unless we are on our way to somewhere else, this is where we are to be from now on.
    if (heading_ == model_.own_channel()) {
        heading_ = moved.channel;
    }
    room_password_.clear();
    if (moved.channel) {
        entered({.channel = moved.channel,
                 .channel_epoch = moved.channel_epoch,
                 .route = moved.route,
                 .frame_ms = moved.frame_ms,
                 .members = moved.members},
                true);
    } else {
        left(true, moved.route);
    }
    if (back) {
        be_back();
    }
}

void Session::on(const wire::PresencePage& page) {
    note_account(page.sessions);
    emit_all(model_.fold(page));
    heed_presence(page.sessions);
    heed_own_priority(page.sessions);
    presence_changed();
    for (const auto& told : page.sessions) {
        update_hearing(told.session);
    }
}

void Session::on(const wire::PresenceChanged& change) {
    note_account(change.sessions);
    emit_all(model_.fold(change));
    for (const auto session : change.gone) {
        forget_session(session);
    }
    heed_presence(change.sessions);
    heed_own_priority(change.sessions);
    presence_changed();
    for (const auto& told : change.sessions) {
        update_hearing(told.session);
    }
}

void Session::forget_session(SessionId session) {
    keys_.session_gone(session);
    whisper_keys_.session_gone(session);
    whisperers_.session_gone(session);
    whisper_sets_.session_gone(session);
    hearing_told_.erase(session);
}

void Session::presence_changed() {
    if (model_.own_channel()) {
        keys_.set_seen(model_.room_members());
    }
    pump_keys();
    if (const bool talking = model_.is_room_said_talking(); talking != room_talking_) {
        room_talking_ = talking;
        port_.to_down(SetRoomTalking{talking});
    }
}

void Session::on(const wire::SnapshotEnd&) {
    if (model_.ready()) {
        settle_snapshot();
        return;
    }
    model_.set_ready();
    port_.emit(seating_.connected);
    port_.begin_voice();
    use_route(seating_.route);
    look_up_letters();
    go_back();
}

// Whoever is given our key is on the screen before, whatever presence says later.
void Session::on(const wire::MemberKeys& keys) {
    if (keys.channel != model_.own_channel() || !keys.channel) {
        return;
    }
    for (const auto& member : keys.members) {
        if (member.session != seating_.session) {
            emit_all(model_.member_joined(member.session));
        }
    }
    keys_.member_keys(keys);
    for (const auto& member : keys.members) {
        update_hearing(member.session);
    }
    pump_keys();
}

void Session::on(const wire::MemberJoined& joined) {
    if (joined.channel != model_.own_channel() || !joined.channel ||
        joined.member.session == seating_.session) {
        return;
    }
    emit_all(model_.member_joined(joined.member.session));
    set_frame_ms(joined.frame_ms);
    keys_.member_joined(joined);
    update_hearing(joined.member.session);
    pump_keys();
}

void Session::update_bitrate_cap() {
    const auto cap = model_.bitrate_cap();
    if (cap != std::exchange(bitrate_cap_, cap)) {
        port_.to_up(SetBitrateCap{cap});
    }
}

void Session::set_frame_ms(std::uint32_t frame_ms) {
    if (frame_ms != 0 && frame_ms != std::exchange(frame_ms_, frame_ms)) {
        port_.to_up(SetFrameLength{frame_ms});
    }
}

void Session::on(const wire::MemberLeft& left) {
    if (left.channel == model_.own_channel()) {
        model_.member_left(left.session);
        set_frame_ms(left.frame_ms);
        keys_.member_left(left);
        pump_keys();
    }
}

void Session::on(const wire::KeyShare& share) {
    if (share.stream) {
        whisperers_.key_share(share);
    } else {
        keys_.key_share(share);
    }
    pump_keys();
}

void Session::on(const wire::KeyRequested& request) {
    if (request.stream) {
        whisper_keys_.key_requested(request);
    } else {
        keys_.key_requested(request);
    }
    pump_keys();
}

void Session::on(const wire::Text& text) {
    if (text.channel == model_.own_channel()) {
        missed_.told(text.id);
    }
    port_.emit(TextReceived{.id = text.id,
                            .channel = text.channel,
                            .session = text.session,
                            .name = text.name,
                            .text = text.text,
                            .unix_ms = text.unix_ms});
}

void Session::on(const wire::TextChanged& change) {
    port_.emit(TextChanged{.channel = change.text.channel, .text = kept(change.text)});
}

KeptText Session::kept(const wire::Text& text) const {
    return {.id = text.id,
            .name = text.name,
            .own = std::ranges::equal(text.author, identity_.public_key()),
            .text = text.text,
            .unix_ms = text.unix_ms,
            .edited_unix_ms = text.edited_unix_ms,
            .deleted = text.deleted};
}

void Session::on(const wire::Refusal& refusal) {
    if (refusal.closing) {
        port_.end(refusal.error);
    }
}

void Session::on(const wire::Goodbye& goodbye) { port_.end(goodbye.error); }

}  // namespace partyline::client
