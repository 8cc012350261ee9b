// Direct messages: who is meant, and who may change them; and what is counted for whom.
#include <algorithm>
#include <utility>

#include "server/room/account_plans.hpp"
#include "server/room/gone_accounts.hpp"
#include "server/room/mentions.hpp"
#include "server/room/model.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> unknown_person(std::string message) {
    return fail(ErrorCode::unknown_person, std::move(message));
}

}  // namespace

// --- who is who ----------------------------------------------------------------------------------

Person Model::person(SessionId id) const {
    return directory_.person_of(sessions_.at(id).keys.identity);
}

std::vector<SessionId> Model::sessions_of(const Person& person) const {
    std::vector<SessionId> found;
    const auto add = [&](const Identity& identity) {
        if (const auto at = identities_.find(identity); at != identities_.end()) {
            found.push_back(at->second);
        }
    };
    if (person.account) {
        for (const auto& device : directory_.devices_of(person.account)) {
            add(device.identity);
        }
    } else if (directory_.find(person.identity) == nullptr) {
        add(person.identity);
    }
    std::ranges::sort(found);
    return found;
}

Result<Recipient> Model::recipient(const WhoIsMeant& who) const {
    const auto of_account = [](const Account& account) {
        return Recipient{.person = Person::of(account.id), .name = account.name};
    };
    const auto of_session = [&](const Session& session) {
        const auto* account = account_of(directory_, session.keys.identity);
        return account != nullptr ? of_account(*account)
                                  : Recipient{.person = Person::of(session.keys.identity),
                                              .name = session.presence.name};
    };
    if (const auto* id = std::get_if<SessionId>(&who)) {
        const auto* session = find(*id);
        return session != nullptr ? Result<Recipient>(of_session(*session))
                                  : unknown_person("They are not here any more.");
    }
    if (const auto* name = std::get_if<std::string>(&who)) {
        if (const auto* account = directory_.account_named(*name)) {
            return of_account(*account);
        }
        if (const auto id = gone_account(*name); id && directory_.find(*id) == nullptr) {
            return Recipient{.person = Person::of(*id), .name = {}, .absent = true};
        }
        return unknown_person("Nobody has an account of that name.");
    }
    const auto& identity = std::get<Identity>(who);
    if (const auto here = identities_.find(identity); here != identities_.end()) {
        return of_session(sessions_.at(here->second));
    }
    const auto* account = account_of(directory_, identity);
    auto recipient =
        account != nullptr ? of_account(*account) : Recipient{.person = Person::of(identity)};
    recipient.absent = true;
    return recipient;
}

// --- direct messages -----------------------------------------------------------------------------

Result<void> Model::may_write_direct(SessionId id) const {
    if (!may(id, {}, Permission::write_direct)) {
        return fail(ErrorCode::not_permitted, "You may not write to people directly here.");
    }
    return {};
}

Result<Message> Model::compose_direct(SessionId id, NewDirect text) {
    const auto& session = sessions_.at(id);
    if (const auto may = may_write_direct(id); !may) {
        return std::unexpected(may.error());
    }
    if (const auto checked = check_text(text.text); !checked) {
        return std::unexpected(checked.error());
    }
    return Message{
        .id = MessageId{++last_message_.value},
        .channel = {},
        .author = session.keys.identity,
        .account = person(id).account,
        .author_name = session.presence.name,
        .text = std::move(text.text),
        .nonce = text.nonce,
        .unix_ms = text.unix_ms,
        .direct =
            Direct{.from = person(id), .to = text.to.person, .to_name = std::move(text.to.name)},
        .mentions = {}};
}

Result<void> Model::may_change_direct(SessionId id, const Direct& direct) const {
    const auto self = person(id);
    if (self == direct.from) {
        return {};
    }
    // Of what is between others, one learns not even that it is there.
    return self == direct.to
               ? fail(ErrorCode::not_permitted, "Only who wrote a message may change it.")
               : fail(ErrorCode::unknown_text, "There is no such text.");
}

// --- what is counted for whom --------------------------------------------------------------------

std::vector<Person> Model::mentioned_by(SessionId id, std::string_view text) const {
    auto people = mentioned(text, [&](const std::string& folded) -> std::optional<Person> {
        if (const auto* account = directory_.account_folded(folded)) {
            return Person::of(account->id);
        }
        const auto online = names_.find(folded);
        return online == names_.end() ? std::nullopt : std::optional(person(online->second));
    });
    std::erase(people, person(id));
    return people;
}

bool Model::may_follow(SessionId id, ChannelId channel) const {
    const auto* state = find(channel);
    return state != nullptr && !state->closed && may(id, channel, Permission::read_history) &&
           (sessions_.at(id).presence.channel == channel || !is_locked(id, channel));
}

}  // namespace partyline::room
