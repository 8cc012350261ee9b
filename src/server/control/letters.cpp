// Direct messages: from one person to another, whether the other is here or not.
#include <algorithm>
#include <utility>

#include "server/control/convert.hpp"
#include "server/control/later.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/gone_accounts.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

/// How much of a frame a message takes at most, beside what it says: two people, two names.
constexpr std::size_t entry_bytes_max = 640;
static_assert(4 * wire::name_bytes_max + 64 < entry_bytes_max);

std::unexpected<Error> unknown_person() {
    return fail(ErrorCode::unknown_person,
                "Nobody by that name is here or has an account, and you have not written to each "
                "other.");
}

bool is_gone(const room::Directory& directory, const room::Person& person) {
    return person.account && directory.find(person.account) == nullptr;
}

/// What the other was called last.
std::string name_in(const room::Message& message, const room::Person& whose) {
    return message.direct->from == whose ? message.author_name : message.direct->to_name;
}

}  // namespace

// --- who is meant --------------------------------------------------------------------------------

Result<room::Recipient> Switchboard::recipient(const wire::Person& who) const {
    const int ways =
        (who.session ? 1 : 0) + (who.identity.empty() ? 0 : 1) + (who.account.empty() ? 0 : 1);
    if (ways != 1) {
        return fail(ErrorCode::unknown_person, "Say in exactly one way who is meant.");
    }
    if (who.session) {
        return model_.recipient(who.session);
    }
    return who.account.empty() ? model_.recipient(to_array<wire::public_key_bytes>(who.identity))
                               : model_.recipient(who.account);
}

wire::Person Switchboard::wire_person(const room::Person& person) const {
    if (!person.account) {
        return {.session = {}, .identity = to_bytes(person.identity), .account = {}};
    }
    const auto* account = directory_.find(person.account);
    return {
        .session = {},
        .identity = {},
        .account = account != nullptr ? account->name : room::gone_account_word(person.account)};
}

// --- saying --------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SendDirect& text) {
    if (const auto before = model_.find_text(seat.session, text.nonce)) {
        answer(call, wire::TextAccepted{.id = before->id, .unix_ms = before->unix_ms});
        return {};
    }
    const auto may =
        model_.may_write_direct(seat.session).and_then([&] { return may_do(seat, Doing::text); });
    if (!may) {
        return may;
    }
    if (const auto checked = room::check_text(text.text); !checked) {
        return checked;
    }
    auto to = recipient(text.to);
    if (!to) {
        return std::unexpected(to.error());
    }
    const auto reply = will_reply(call, seat);
    room::NewDirect direct{
        .to = *std::move(to), .text = text.text, .nonce = text.nonce, .unix_ms = clock_.unix_ms()};
    if (!direct.to.absent) {
        send_direct(reply, std::move(direct));
        return {};
    }
    const store::DirectQuery query{
        .one = model_.person(seat.session), .other = direct.to.person, .messages_max = 1};
    store_.direct(query,
                  then<store::HistoryPage>([this, reply, direct = std::move(direct)](
                                               const Result<store::HistoryPage>& page) mutable {
                      if (!page) {
                          refuse_later(reply, page.error());
                      } else if (page->messages.empty()) {
                          refuse_later(reply, unknown_person().error());
                      } else if (is_gone(directory_, direct.to.person)) {
                          refuse_later(reply, {.code = ErrorCode::unknown_person,
                                               .message = "That account is deleted: nobody would "
                                                          "read what you write to it."});
                      } else {
                          if (direct.to.name.empty()) {
                              direct.to.name = name_in(page->messages.back(), direct.to.person);
                          }
                          send_direct(reply, std::move(direct));
                      }
                  }));
    return {};
}

void Switchboard::send_direct(Reply reply, room::NewDirect text) {
    if (model_.find(reply.session) == nullptr) {
        return;
    }
    auto message = model_.compose_direct(reply.session, std::move(text));
    if (message) {
        keep(reply, *std::move(message));
    } else {
        refuse_later(reply, message.error());
    }
}

wire::DirectText Switchboard::direct_text(const room::Message& message) const {
    const auto& direct = *message.direct;
    return {.id = message.id,
            .from = wire_person(direct.from),
            .from_name = message.author_name,
            .to = wire_person(direct.to),
            .to_name = direct.to_name,
            .text = message.text,
            .unix_ms = message.unix_ms,
            .edited_unix_ms = message.edited_unix_ms,
            .deleted = message.deleted};
}

// --- looking up ----------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetDirect& get) {
    const auto with = recipient(get.with);
    if (!with) {
        return std::unexpected(with.error());
    }
    if (const auto may = may_do(seat, Doing::history); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    const std::size_t wanted = get.messages == 0 ? wire::page_entries_max : get.messages;
    store_.direct(
        {.one = model_.person(seat.session),
         .other = with->person,
         .before = get.before,
         .messages_max = std::min(wanted, wire::page_entries_max)},
        then<store::HistoryPage>([this, reply, with = *with,
                                  asked = get.with](const Result<store::HistoryPage>& page) {
            if (page && with.absent && page->messages.empty()) {
                // Whose device it is, a stranger does not learn.
                answer_later(reply, wire::DirectHistory{.with = asked, .name = {}, .texts = {}});
            } else if (page) {
                answer_later(reply, direct_history(with, *page));
            } else {
                refuse_later(reply, page.error());
            }
        }));
    return {};
}

/// The newest of them that fit a frame together.
wire::DirectHistory Switchboard::direct_history(const room::Recipient& with,
                                                const store::HistoryPage& page) const {
    auto name = with.name;
    if (name.empty() && !page.messages.empty()) {
        name = name_in(page.messages.back(), with.person);
    }
    wire::DirectHistory history{
        .with = wire_person(with.person), .name = name, .texts = {}, .more = page.more};
    auto room = wire::frame_bytes_max - entry_bytes_max;
    for (auto at = page.messages.rbegin(); at != page.messages.rend(); ++at) {
        const auto bytes = at->text.size() + entry_bytes_max;
        if (bytes > room) {
            history.more = true;
            break;
        }
        room -= bytes;
        history.texts.push_back(direct_text(*at));
    }
    std::ranges::reverse(history.texts);
    return history;
}

}  // namespace partyline::control
