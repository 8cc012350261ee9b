// Who may send away, silence or move whom, and what a silence does.
#include <algorithm>
#include <format>
#include <utility>

#include "server/room/account_plans.hpp"
#include "server/room/model.hpp"

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

Result<void> Model::may_silence(SessionId actor, SessionId target, Silence silence) const {
    const auto* session = find(target);
    const auto at = session == nullptr ? ChannelId{} : session->presence.channel;
    return only_if(may(actor, at, Permission::mute_others), "You may not mute people there.")
        .and_then([&] { return may_act(actor, target); })
        .and_then([&]() -> Result<void> {
            if (silence != Silence{} && silence_of(target) == Silence{} &&
                silences_.size() >= silences_max) {
                return fail(ErrorCode::too_large,
                            std::format("{} people are muted already.", silences_max));
            }
            return {};
        });
}

Result<void> Model::may_move(SessionId actor, SessionId target, ChannelId to) const {
    constexpr auto refusal = "You may not move people between these rooms.";
    const auto* session = find(target);
    const auto at = session == nullptr ? ChannelId{} : session->presence.channel;
    const auto state = channels_.find(to);
    const bool is_there = !to || (state != channels_.end() && !state->second.closed);
    if (!is_there || (to && !may(actor, to, Permission::see))) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    return only_if(may(actor, at, Permission::move_others), refusal)
        .and_then([&] { return only_if(!to || may(actor, to, Permission::move_others), refusal); })
        .and_then([&] { return may_act(actor, target); })
        .and_then([&] {
            // They would have to leave again with the next change.
            return only_if(!to || may(target, to, Permission::enter),
                           "They may not enter that room.");
        })
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

// --- silences ------------------------------------------------------------------------------------

Silence Model::silence_of(SessionId id) const {
    return silences_.of(sessions_.at(id).keys.identity, subject(id).account);
}

Events Model::silence(SessionId id, Silence silence) {
    const auto& target = sessions_.at(id);
    const auto account = subject(id).account;
    silences_.set(target.keys.identity, account, silence);
    Events events;
    for (auto& [other, session] : sessions_) {
        // Another device of the same account is the same person.
        if (other == id || (account && subject(other).account == account)) {
            judge(session, events);
        }
    }
    return events;
}

void Model::carry_silences_over(const Changes& changes) {
    for (const auto& change : changes) {
        if (const auto* come = std::get_if<Device>(&change)) {
            silences_.linked(come->identity, come->account);
        } else if (const auto* dropped = std::get_if<DropDevice>(&change)) {
            if (const auto* device = directory_.find(dropped->identity)) {
                silences_.unlinked(device->identity, device->account);
            }
        } else if (const auto* gone = std::get_if<DropAccount>(&change)) {
            for (const auto& device : devices_of(directory_, gone->id)) {
                silences_.unlinked(device.identity, gone->id);
            }
        }
    }
}

void Model::judge(Session& session) const {
    auto& presence = session.presence;
    const auto id = presence.session;
    const auto silence = silence_of(id);
    const auto* account = directory_.find(subject(id).account);
    presence.account = account == nullptr ? std::string() : account->name;
    presence.server_deafen = silence.deafen;
    // Nobody is left talking to people whom they cannot hear.
    presence.server_mute = silence.mute || silence.deafen ||
                           (presence.channel && !may(id, presence.channel, Permission::speak));
    presence.speaking = presence.speaking && !presence.server_mute;
}

void Model::judge(Session& session, Events& events) const {
    const auto before = session.presence;
    judge(session);
    if (session.presence != before) {
        events.push_back({.audience = ToEverybody{}, .body = PresenceChanged{session.presence}});
    }
}

}  // namespace partyline::room
