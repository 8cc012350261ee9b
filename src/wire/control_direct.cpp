#include "wire/control_direct.hpp"

#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

Person read(const v1::Person& from, FieldReader& in) {
    return {
        .session = SessionId{from.session()},
        .identity = in.optional_key("Person.identity", from.identity()),
        .account = in.name("Person.account", name_code_points_max, from.account()),
    };
}

RoomUnread read(const v1::RoomUnread& from) {
    return {.channel = ChannelId{from.channel()},
            .unread = from.unread(),
            .mentions = from.mentions(),
            .read_to = MessageId{from.read_to()}};
}

PersonUnread read(const v1::PersonUnread& from, FieldReader& in) {
    return {.with = read(from.with(), in),
            .name = in.name("PersonUnread.name", name_code_points_max, from.name()),
            .unread = from.unread(),
            .read_to = MessageId{from.read_to()},
            .last = MessageId{from.last()}};
}

void write(const Person& from, v1::Person& to) {
    to.set_session(from.session.value);
    to.set_identity(from.identity.data(), from.identity.size());
    to.set_account(from.account);
}

void write(const RoomUnread& from, v1::RoomUnread& to) {
    to.set_channel(from.channel.value);
    to.set_unread(from.unread);
    to.set_mentions(from.mentions);
    to.set_read_to(from.read_to.value);
}

void write(const PersonUnread& from, v1::PersonUnread& to) {
    write(from.with, *to.mutable_with());
    to.set_name(from.name);
    to.set_unread(from.unread);
    to.set_read_to(from.read_to.value);
    to.set_last(from.last.value);
}

}  // namespace

SendDirect read(const v1::SendDirect& from, FieldReader& in) {
    return {.to = read(from.to(), in),
            .text = in.text("SendDirect.text", text_bytes_max, from.text()),
            .nonce = from.nonce()};
}

GetDirect read(const v1::GetDirect& from, FieldReader& in) {
    return {.with = read(from.with(), in),
            .before = MessageId{from.before()},
            .messages = from.messages()};
}

MarkRead read(const v1::MarkRead& from, FieldReader& in) {
    return {.channel = ChannelId{from.channel()},
            .with = read(from.with(), in),
            .id = MessageId{from.id()}};
}

DirectText read(const v1::DirectText& from, FieldReader& in) {
    return {
        .id = MessageId{from.id()},
        .from = read(from.from(), in),
        .from_name = in.name("DirectText.from_name", name_code_points_max, from.from_name()),
        .to = read(from.to(), in),
        .to_name = in.name("DirectText.to_name", name_code_points_max, from.to_name()),
        .text = in.text("DirectText.text", text_bytes_max, from.text()),
        .unix_ms = from.unix_ms(),
        .edited_unix_ms = from.edited_unix_ms(),
        .deleted = from.deleted(),
    };
}

DirectHistory read(const v1::DirectHistory& from, FieldReader& in) {
    return {
        .with = read(from.with(), in),
        .name = in.name("DirectHistory.name", name_code_points_max, from.name()),
        .texts = in.list("DirectHistory.texts", page_entries_max, from.texts(),
                         [&in](const v1::DirectText& text) { return wire::read(text, in); }),
        .more = from.more(),
    };
}

Unread read(const v1::Unread& from, FieldReader& in) {
    return {
        .rooms = in.list("Unread.rooms", unread_rooms_max, from.rooms(),
                         [](const v1::RoomUnread& room) { return read(room); }),
        .people = in.list("Unread.people", unread_people_max, from.people(),
                          [&in](const v1::PersonUnread& person) { return read(person, in); }),
    };
}

ReadChanged read(const v1::ReadChanged& from, FieldReader& in) {
    return {.room = read(from.room()), .person = read(from.person(), in)};
}

void write(const SendDirect& from, v1::SendDirect& to) {
    write(from.to, *to.mutable_to());
    to.set_text(from.text);
    to.set_nonce(from.nonce);
}

void write(const GetDirect& from, v1::GetDirect& to) {
    write(from.with, *to.mutable_with());
    to.set_before(from.before.value);
    to.set_messages(from.messages);
}

void write(const MarkRead& from, v1::MarkRead& to) {
    to.set_channel(from.channel.value);
    write(from.with, *to.mutable_with());
    to.set_id(from.id.value);
}

void write(const DirectText& from, v1::DirectText& to) {
    to.set_id(from.id.value);
    write(from.from, *to.mutable_from());
    to.set_from_name(from.from_name);
    write(from.to, *to.mutable_to());
    to.set_to_name(from.to_name);
    to.set_text(from.text);
    to.set_unix_ms(from.unix_ms);
    to.set_edited_unix_ms(from.edited_unix_ms);
    to.set_deleted(from.deleted);
}

void write(const DirectHistory& from, v1::DirectHistory& to) {
    write(from.with, *to.mutable_with());
    to.set_name(from.name);
    for (const auto& text : from.texts) {
        write(text, *to.add_texts());
    }
    to.set_more(from.more);
}

void write(const Unread& from, v1::Unread& to) {
    for (const auto& room : from.rooms) {
        write(room, *to.add_rooms());
    }
    for (const auto& person : from.people) {
        write(person, *to.add_people());
    }
}

void write(const ReadChanged& from, v1::ReadChanged& to) {
    write(from.room, *to.mutable_room());
    write(from.person, *to.mutable_person());
}

}  // namespace partyline::wire
