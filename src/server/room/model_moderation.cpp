// Who may send away, silence or move whom, and what is shown of somebody's silence.
#include <format>
#include <utility>

#include "server/room/model.hpp"
#include "server/room/silences.hpp"

namespace partyline::room {
namespace {

Result<void> only_if(bool allowed, const char* refusal) {
    return allowed ? Result<void>{} : fail(ErrorCode::not_permitted, refusal);
}

}  // namespace

// --- who may -------------------------------------------------------------------------------------

Result<void> Model::may_act(SessionId actor, SessionId target) const {
    if (!sessions_.contains(target)) {
        return fail(ErrorCode::unknown_session, "That person is not here any more.");
    }
    if (actor == target) {
        return fail(ErrorCode::not_permitted, "That is you.");
    }
    return only_if(may_act_on(directory_, subject(actor), subject(target)),
                   "You may only do that to people whose rank is below your own.");
}

Result<void> Model::may_kick(SessionId actor, SessionId target) const {
    return only_if(may(actor, {}, Permission::kick), "You may not send people away.").and_then([&] {
        return may_act(actor, target);
    });
}

Result<Changes> Model::plan_silence(SessionId actor, SessionId target, NewSilence made) const {
    const auto* session = find(target);
    const auto at = session == nullptr ? ChannelId{} : session->presence.channel;
    // It would hold in all rooms: what one room allows is not enough.
    return only_if(may(actor, {}, Permission::mute_others), "You may not mute people.")
        .and_then([&] {
            return only_if(may(actor, at, Permission::mute_others),
                           "You may not mute people there.");
        })
        .and_then([&] { return may_act(actor, target); })
        .and_then([&] {
            return room::plan_silence(
                directory_, subject(actor), person(target), std::move(made),
                is_full_of_silences(directory_) ? people_here() : std::set<Person>{});
        });
}

Result<void> Model::may_move(SessionId actor, SessionId target, ChannelId to) const {
    constexpr auto refusal = "You may not move people between these rooms.";
    const auto* session = find(target);
    const auto at = session == nullptr ? ChannelId{} : session->presence.channel;
    const auto state = channels_.find(to);
    if (!is_there(to) || (to && !may(actor, to, Permission::see))) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    return only_if(may(actor, at, Permission::move_others), refusal)
        .and_then([&] { return only_if(!to || may(actor, to, Permission::move_others), refusal); })
        .and_then([&] { return may_act(actor, target); })
        .and_then([&] { return may_be_moved(target, to); })
        .and_then([&]() -> Result<void> {
            const bool is_full = to && to != at && state->second.channel.seats_max != 0 &&
                                 state->second.members.size() >= state->second.channel.seats_max;
            if (is_full && !may(actor, to, Permission::bypass_limits)) {
                return fail(ErrorCode::room_full,
                            std::format("All {} seats of that room are taken.",
                                        state->second.channel.seats_max));
            }
            return {};
        });
}

Result<void> Model::may_be_moved(SessionId target, ChannelId to) const {
    if (!is_there(to)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    // They would have to leave again with the next change.
    return only_if(!to || may(target, to, Permission::enter), "They may not enter that room.");
}

bool Model::is_there(ChannelId room) const {
    const auto* state = find(room);
    return !room || (state != nullptr && !state->closed);
}

// --- silences ------------------------------------------------------------------------------------

std::set<Person> Model::people_here() const {
    std::set<Person> people;
    for (const auto& [id, session] : sessions_) {
        people.insert(person(id));
    }
    return people;
}

void Model::judge(Session& session) const {
    auto& presence = session.presence;
    const auto id = presence.session;
    const auto* silence = directory_.silence_of(person(id));
    const auto* account = directory_.find(subject(id).account);
    presence.account = account == nullptr ? std::string() : account->name;
    presence.server_deafen = silence != nullptr && silence->deafen;
    // Nobody is left talking to people whom they cannot hear.
    presence.server_mute =
        silence != nullptr || (presence.channel && !may(id, presence.channel, Permission::speak));
    presence.speaking = presence.speaking && !presence.server_mute;
    // Of one room: whoever is in the next has not been shown it.
    for (const auto* mark : {&priority_mark, &recording_mark}) {
        presence.*mark->shown = presence.*mark->shown && may_be_shown(id, *mark).has_value();
    }
}

void Model::judge(Session& session, Events& events) const {
    const auto before = session.presence;
    judge(session);
    if (session.presence != before) {
        events.push_back({.audience = ToEverybody{}, .body = PresenceChanged{session.presence}});
    }
}

}  // namespace partyline::room
