// What is said in rooms, and who may change it.
#include <algorithm>
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

Result<void> Model::may_say(SessionId id, const NewText& text) const {
    const auto& session = sessions_.at(id);
    if (!text.channel || session.presence.channel != text.channel) {
        return fail(ErrorCode::not_in_room, "You are not in that room.");
    }
    if (!may(id, text.channel, Permission::write)) {
        return fail(ErrorCode::not_permitted, "You may not write in this room.");
    }
    return check_text(text.text);
}

Result<Message> Model::compose(SessionId id, NewText text) {
    const auto& session = sessions_.at(id);
    if (const auto may = may_say(id, text); !may) {
        return std::unexpected(may.error());
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

Events Model::said(SessionId id, const Message& message, Kept kept) {
    remember(message.author, message.nonce, {.id = message.id, .unix_ms = message.unix_ms});
    if (kept == Kept::yes) {
        last_said_ = std::max(last_said_, message.id);
    }
    auto now = as_it_is_now(message);
    auto audience = audience_of(now);
    return {
        {.audience = std::move(audience), .body = Text{.session = id, .message = std::move(now)}}};
}

void Model::remember(const Identity& author, std::uint64_t nonce, AcceptedText accepted) {
    if (nonce != 0) {
        said_lately_.remember(author, nonce, accepted);
    }
}

Message Model::as_it_is_now(Message message) const {
    if (message.direct) {
        for (auto* person : {&message.direct->from, &message.direct->to}) {
            *person = person->account ? *person : directory_.person_of(person->identity);
        }
    }
    return message;
}

Result<void> Model::may_change(SessionId id, const Message& message, TextAct act) const {
    const auto& session = sessions_.at(id);
    // Who may not know of it is not told that it was deleted, either.
    const auto is_there = [&]() -> Result<void> {
        return message.deleted ? fail(ErrorCode::unknown_text, "That text is deleted.")
                               : Result<void>{};
    };
    if (message.direct) {
        return may_change_direct(id, *message.direct)
            .and_then(is_there)
            .and_then([&]() -> Result<void> {
                // Whoever may write no more may still take back what they wrote.
                return act == TextAct::edit ? may_write_direct(id) : Result<void>{};
            });
    }
    if (session.presence.channel != message.channel) {
        return fail(ErrorCode::not_in_room, "Go to the room where that was said.");
    }
    if (const auto there = is_there(); !there) {
        return there;
    }
    const auto author = author_of(message);
    if (person(id) == author) {
        // New words are said as any are; to take one's own back is nobody else's business.
        return act == TextAct::erase || may(id, message.channel, Permission::write)
                   ? Result<void>{}
                   : fail(ErrorCode::not_permitted, "You may not write in this room any more.");
    }
    if (act == TextAct::edit) {
        return fail(ErrorCode::not_permitted, "Only who wrote a text may edit it.");
    }
    if (!may(id, message.channel, Permission::manage_messages)) {
        return fail(ErrorCode::not_permitted, "You may not delete what others wrote.");
    }
    if (!may_act_on(directory_, subject(id), {author.account})) {
        return fail(ErrorCode::not_permitted,
                    "You may only delete what people wrote whose rank is below your own.");
    }
    return {};
}

Person Model::author_of(const Message& message) const {
    return message.account ? Person::of(message.account) : directory_.person_of(message.author);
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

Audience Model::readers_of(const Message& message) const {
    const auto* room = find(message.channel);
    ToThese readers;
    for (const auto id : room == nullptr ? std::vector<SessionId>() : room->members) {
        if (sessions_.at(id).came_after < message.id ||
            may(id, message.channel, Permission::read_history)) {
            readers.sessions.push_back(id);
        }
    }
    // As a rule that is everybody, and then it is made up once for all of them.
    return room != nullptr && readers.sessions.size() == room->members.size()
               ? Audience{ToMembers{.channel = message.channel}}
               : Audience{std::move(readers)};
}

Events Model::text_changed(Message message) const {
    message = as_it_is_now(std::move(message));
    auto audience = message.direct ? audience_of(message) : readers_of(message);
    return {{.audience = std::move(audience), .body = TextChanged{.message = std::move(message)}}};
}

}  // namespace partyline::room
