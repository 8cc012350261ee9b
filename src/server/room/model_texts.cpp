// What is said in rooms, and who may change it.
#include <utility>

#include "server/room/model.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

Audience audience_of(const Message& message) {
    if (message.direct) {
        return ToPeople{.one = message.direct->from, .other = message.direct->to};
    }
    return ToMembers{.channel = message.channel};
}

}  // namespace

Result<Message> Model::compose(SessionId id, NewText text) {
    const auto& session = sessions_.at(id);
    if (!text.channel || session.presence.channel != text.channel) {
        return fail(ErrorCode::not_in_room, "You are not in that room.");
    }
    if (!may(id, text.channel, Permission::write)) {
        return fail(ErrorCode::not_permitted, "You may not write in this room.");
    }
    if (const auto checked = check_text(text.text); !checked) {
        return std::unexpected(checked.error());
    }
    auto mentions = mentioned_by(id, text.text);
    return Message{.id = MessageId{++last_message_.value},
                   .channel = text.channel,
                   .author = session.keys.identity,
                   .account = person(id).account,
                   .author_name = session.presence.name,
                   .text = std::move(text.text),
                   .nonce = text.nonce,
                   .unix_ms = text.unix_ms,
                   .mentions = std::move(mentions)};
}

Events Model::said(SessionId id, const Message& message) {
    remember(id, message.nonce, {.id = message.id, .unix_ms = message.unix_ms});
    return {{.audience = audience_of(message), .body = Text{.session = id, .message = message}}};
}

void Model::remember(SessionId id, std::uint64_t nonce, AcceptedText accepted) {
    const auto session = sessions_.find(id);
    if (nonce != 0 && session != sessions_.end() && !session->second.texts.find(nonce)) {
        session->second.texts.remember(nonce, accepted);
    }
}

Result<void> Model::may_change(SessionId id, const Message& message, TextAct act) const {
    const auto& session = sessions_.at(id);
    if (message.deleted) {
        return fail(ErrorCode::unknown_text, "That text is deleted.");
    }
    if (message.direct) {
        return may_change_direct(id, *message.direct);
    }
    if (session.presence.channel != message.channel) {
        return fail(ErrorCode::not_in_room, "Go to the room where that was said.");
    }
    const auto author =
        message.account ? Person::of(message.account) : directory_.person_of(message.author);
    if (person(id) == author) {
        return {};
    }
    if (act == TextAct::edit) {
        return fail(ErrorCode::not_permitted, "Only who wrote a text may edit it.");
    }
    if (!may(id, message.channel, Permission::manage_messages)) {
        return fail(ErrorCode::not_permitted, "You may not delete what others wrote.");
    }
    return {};
}

Result<void> Model::may_read(SessionId id, ChannelId channel) const {
    if (!channel || sessions_.at(id).presence.channel != channel) {
        return fail(ErrorCode::not_in_room,
                    "What was said in a room is told to those who are in it.");
    }
    if (!may(id, channel, Permission::read_history)) {
        return fail(ErrorCode::not_permitted,
                    "You may not read what was said in this room before.");
    }
    return {};
}

Events Model::text_changed(Message message) {
    auto audience = audience_of(message);
    return {{.audience = std::move(audience), .body = TextChanged{.message = std::move(message)}}};
}

}  // namespace partyline::room
