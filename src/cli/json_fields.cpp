#include "cli/json_fields.hpp"

#include <cmath>

namespace partyline::cli {

Json room_fields(const View& view, ChannelId room) {
    return Json{{"room", room_path(view.rooms, room)}, {"room_id", room.value}};
}

Json person_fields(const View& view, const client::Person& person) {
    Json out{{"session", person.session.value},
             {"name", person.name},
             {"self", person.session == view.self},
             {"mute", person.self_mute},
             {"deafen", person.self_deafen},
             {"speaking", person.speaking},
             {"server_mute", person.server_mute},
             {"server_deafen", person.server_deafen},
             {"account", person.account},
             {"recording", person.recording},
             {"priority", person.priority},
             {"volume_db", std::round(10 * double{person.volume.gain_db}) / 10},
             {"muted_here", person.volume.muted}};
    out.update(room_fields(view, person.channel));
    return out;
}

Json error_fields(const Error& error) {
    Json out{{"code", code_name(error.code)}, {"message", error.message}};
    if (error.retry_ms > 0) {
        out["retry_ms"] = error.retry_ms;
    }
    if (error.code == ErrorCode::banned) {
        out["until_unix_ms"] = error.until_unix_ms;
    }
    if (error.code == ErrorCode::banned || error.code == ErrorCode::kicked) {
        out["reason"] = error.reason;
    }
    return out;
}

Json room_list(const View& view) {
    Json out = Json::array();
    for (const auto& room : in_tree_order(view.rooms)) {
        out.push_back({{"id", room.id.value},
                       {"parent", room.parent.value},
                       {"path", room_path(view.rooms, room.id)},
                       {"topic", room.topic}});
    }
    return out;
}

Json kept_fields(const client::KeptText& text) {
    return Json{{"id", text.id.value},     {"name", text.name},
                {"self", text.own},        {"text", text.text},
                {"unix_ms", text.unix_ms}, {"edited_unix_ms", text.edited_unix_ms},
                {"deleted", text.deleted}};
}

Json letter_fields(const client::Letter& letter) {
    return Json{{"id", letter.id.value},
                {"self", letter.own},
                {"from", client::name_of(letter.from)},
                {"from_name", letter.from_name},
                {"to", client::name_of(letter.to)},
                {"to_name", letter.to_name},
                {"text", letter.text},
                {"unix_ms", letter.unix_ms},
                {"edited_unix_ms", letter.edited_unix_ms},
                {"deleted", letter.deleted}};
}

Json unread_fields(const View& view, const client::UnreadRoom& room) {
    auto out = room_fields(view, room.channel);
    out.update(Json{
        {"unread", room.unread}, {"mentions", room.mentions}, {"read_to", room.read_to.value}});
    return out;
}

Json unread_fields(const client::UnreadPerson& person) {
    return Json{{"with", client::name_of(person.with)},
                {"name", person.name},
                {"unread", person.unread},
                {"read_to", person.read_to.value},
                {"last", person.last.value}};
}

Json invite_fields(const View& view, const client::InviteInfo& invite) {
    Json out{{"invite", invite.invite.value},
             {"role", invite.role.value},
             {"uses_left", invite.uses_left},
             {"until_unix_ms", invite.until_unix_ms},
             {"by", invite.by}};
    out.update(room_fields(view, invite.channel));
    return out;
}

Json heard_fields(const client::HeardStats& heard) {
    return Json{{"speaker", heard.speaker.value},
                {"name", heard.name},
                {"packets_received", heard.packets_received},
                {"packets_lost", heard.packets_lost},
                {"packets_late", heard.packets_late},
                {"packets_unopened", heard.packets_unopened},
                {"frames_played", heard.frames_played},
                {"frames_recovered", heard.frames_recovered},
                {"frames_concealed", heard.frames_concealed},
                {"delay_target_ms", heard.delay_target_ms},
                {"delay_current_ms", heard.delay_current_ms}};
}

}  // namespace partyline::cli
