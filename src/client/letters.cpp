// Direct messages and unread counts, as a session asks for them and is told of them.
#include "client/letters.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "client/ascii_case.hpp"
#include "client/session.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

constexpr std::string_view device_prefix = "device:";

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

wire::Person to_wire(const Correspondent& correspondent) {
    return {.session = correspondent.session,
            .identity = from_base64url(correspondent.device).value_or(Bytes{}),
            .account = correspondent.account};
}

Correspondent to_correspondent(const wire::Person& person) {
    return {.session = {},
            .account = person.account,
            .device = person.identity.empty() ? std::string{} : to_base64url(person.identity)};
}

UnreadRoom to_room(const wire::RoomUnread& room) {
    return {.channel = room.channel,
            .unread = room.unread,
            .mentions = room.mentions,
            .read_to = room.read_to};
}

UnreadPerson to_person(const wire::PersonUnread& person) {
    return {.with = to_correspondent(person.with),
            .name = person.name,
            .unread = person.unread,
            .read_to = person.read_to,
            .last = person.last};
}

bool is_device(std::string_view device) {
    const auto bytes = from_base64url(device);
    return bytes && bytes->size() == wire::public_key_bytes;
}

}  // namespace

std::string_view word_for(const LetterCommand& command) {
    return std::visit(Overloaded{[](const WriteLetter&) { return "message"; },
                                 [](const ReadLetters&) { return "messages"; },
                                 [](const AskUnread&) { return "unread"; },
                                 [](const MarkRead&) { return "read"; }},
                      command);
}

Correspondent find_correspondent(const std::vector<Person>& people, std::string_view name) {
    if (name.starts_with(device_prefix)) {
        return {
            .session = {}, .account = {}, .device = std::string(name.substr(device_prefix.size()))};
    }
    const auto exact = std::ranges::find(people, name, &Person::name);
    if (exact != people.end()) {
        return {.session = exact->session, .account = {}, .device = {}};
    }
    const auto alike = [&](const Person& person) { return same_but_for_case(person.name, name); };
    if (std::ranges::count_if(people, alike) == 1) {
        return {
            .session = std::ranges::find_if(people, alike)->session, .account = {}, .device = {}};
    }
    return {.session = {}, .account = std::string(name), .device = {}};
}

std::string name_of(const Correspondent& correspondent) {
    return correspondent.device.empty() ? correspondent.account
                                        : std::string(device_prefix) + correspondent.device;
}

// --- asking --------------------------------------------------------------------------------------

void Session::letters(LetterCommand command) {
    std::visit([this](auto& one) { ask(std::move(one)); }, command);
}

bool Session::is_somebody(const Correspondent& correspondent, Asked asked) {
    if (correspondent.device.empty() || is_device(correspondent.device)) {
        return true;
    }
    refuse(asked, {.code = ErrorCode::unknown_person,
                   .message = "That is no device; what you were told of shows which are."});
    return false;
}

void Session::ask(WriteLetter letter) {
    if (is_somebody(letter.to, Asked::write)) {
        letter.to = lasting(std::move(letter.to));
        send_letter({.nonce = random_nonce(), .letter = std::move(letter)});
    }
}

// After a restart of the server another may bear the session's number, or nobody; an account or an identity
// is the same. The server learns nothing new by it, as it has told us the identity itself.
Correspondent Session::lasting(Correspondent correspondent) {
    if (!correspondent.session) {
        return correspondent;
    }
    const auto person = model_.person(correspondent.session);
    if (person && !person->account.empty()) {
        return {.session = {}, .account = person->account, .device = {}};
    }
    if (const auto* identity = keys_.devices().identity(correspondent.session)) {
        return {.session = {}, .account = {}, .device = to_base64url(*identity)};
    }
    return correspondent;
}

void Session::send_letter(UnsentLetter letter) {
    if (request(
            wire::SendDirect{
                .to = to_wire(letter.letter.to), .text = letter.letter.text, .nonce = letter.nonce},
            {.asked = Asked::write})) {
        writing_.emplace(last_request_, std::move(letter));
    }
}

void Session::ask(const ReadLetters& read) {
    if (is_somebody(read.with, Asked::letters)) {
        request(
            wire::GetDirect{
                .with = to_wire(read.with), .before = read.before, .messages = read.letters},
            {.asked = Asked::letters});
    }
}

void Session::ask(AskUnread) { request(wire::GetUnread{}, {.asked = Asked::unread}); }

void Session::ask(const MarkRead& mark) {
    if (is_somebody(mark.with, Asked::mark_read)) {
        request(wire::MarkRead{.channel = mark.channel, .with = to_wire(mark.with), .id = mark.id},
                {.asked = Asked::mark_read});
    }
}

// --- what was missed -----------------------------------------------------------------------------

// Nothing of an earlier look-up is to be taken for an answer to this one.
void Session::look_up_letters() {
    std::erase_if(requests_,
                  [](const auto& entry) { return entry.second.asked == Asked::missed_letters; });
    missed_letters_.begin();
    request(wire::GetUnread{}, {.asked = Asked::missed_letters});
}

// One after the other, so that what the person asks for meanwhile is not refused for our sake.
void Session::ask_missed_letters() {
    if (auto question = missed_letters_.question()) {
        request(*std::move(question), {.asked = Asked::missed_letters});
    }
}

void Session::take_missed(const wire::DirectHistory& history) {
    auto found = missed_letters_.take(history);
    if (!found.texts.empty()) {
        auto received = to_letters({.with = history.with,
                                    .name = history.name,
                                    .texts = std::move(found.texts),
                                    .more = found.more});
        received.missed = true;
        port_.emit(received);
    }
    ask_missed_letters();
}

// --- being told ----------------------------------------------------------------------------------

Letter Session::letter(const wire::DirectText& text) const {
    const bool own = text.from.account.empty()
                         ? std::ranges::equal(text.from.identity, identity_.public_key())
                         : text.from.account == account_;
    return {.id = text.id,
            .from = to_correspondent(text.from),
            .from_name = text.from_name,
            .to = to_correspondent(text.to),
            .to_name = text.to_name,
            .own = own,
            .text = text.text,
            .unix_ms = text.unix_ms,
            .edited_unix_ms = text.edited_unix_ms,
            .deleted = text.deleted};
}

void Session::note_account(const std::vector<wire::Presence>& people) {
    const auto self = std::ranges::find(people, seating_.session, &wire::Presence::session);
    if (self != people.end()) {
        account_ = self->account;
    }
}

void Session::on_answer(const Request& request, const wire::TextAccepted& accepted) {
    if (request.asked == Asked::write) {
        port_.emit(LetterAccepted{accepted.id});
    }
}

LettersReceived Session::to_letters(const wire::DirectHistory& history) const {
    LettersReceived received{.with = to_correspondent(history.with),
                             .name = history.name,
                             .letters = {},
                             .more = history.more};
    for (const auto& text : history.texts) {
        received.letters.push_back(letter(text));
    }
    return received;
}

void Session::on_answer(const Request& request, const wire::DirectHistory& history) {
    if (request.asked == Asked::missed_letters) {
        take_missed(history);
    } else {
        port_.emit(to_letters(history));
    }
}

void Session::on_answer(const Request& request, const wire::Unread& unread) {
    if (request.asked == Asked::missed_letters) {
        missed_letters_.take(unread);
        ask_missed_letters();
        return;
    }
    UnreadReceived received;
    for (const auto& room : unread.rooms) {
        received.rooms.push_back(to_room(room));
    }
    for (const auto& person : unread.people) {
        received.people.push_back(to_person(person));
    }
    port_.emit(received);
}

void Session::on(const wire::Direct& direct) {
    missed_letters_.told(direct.text.id);
    port_.emit(LetterReceived{letter(direct.text)});
}

void Session::on(const wire::DirectChanged& changed) {
    port_.emit(LetterChanged{letter(changed.text)});
}

void Session::on(const wire::ReadChanged& changed) {
    if (changed.room.channel) {
        port_.emit(ReadElsewhere{.room = to_room(changed.room), .person = {}});
    } else {
        port_.emit(ReadElsewhere{.room = {}, .person = to_person(changed.person)});
    }
}

}  // namespace partyline::client
