#include "server/room/model.hpp"

#include <algorithm>
#include <format>
#include <limits>
#include <utility>

#include "server/room/names.hpp"

namespace partyline::room {
namespace {

bool has_duplicates(std::span<const SessionId> sessions) {
    std::vector<SessionId> sorted(sessions.begin(), sessions.end());
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) != sorted.end();
}

Event changed(const Session& session) {
    return {.audience = ToEverybody{}, .body = PresenceChanged{session.presence}};
}

}  // namespace

// --- coming and going ----------------------------------------------------------------------------

Result<void> Model::may_log_in(std::string_view name, std::optional<SessionId> older) const {
    if (const auto checked = check_person_name(name); !checked) {
        return checked;
    }
    const auto taken = names_.find(fold_name(normal_name(name)));
    if (taken != names_.end() && taken->second != older) {
        return fail(ErrorCode::name_taken,
                    std::format("Somebody called \"{}\" is online already.", normal_name(name)));
    }
    constexpr auto id_max = std::numeric_limits<SessionId::number_type>::max();
    if (sessions_.size() - (older ? 1 : 0) >= options_.sessions_max ||
        last_session_.value == id_max) {
        return fail(ErrorCode::server_full, "The server is full.");
    }
    return {};
}

Result<LoggedIn> Model::log_in(std::string name, PeerKeys keys) {
    if (const auto may = may_log_in(name, std::nullopt); !may) {
        return std::unexpected(may.error());
    }
    name = normal_name(name);
    auto folded = fold_name(name);
    const SessionId id{++last_session_.value};
    auto& session = sessions_
                        .emplace(id, Session{.presence = {.session = id, .name = std::move(name)},
                                             .keys = keys})
                        .first->second;
    names_.emplace(std::move(folded), id);
    identities_.insert_or_assign(keys.identity, id);
    judge(session);
    return LoggedIn{.session = id,
                    .events = {{.audience = ToEverybody{}, .body = Arrived{session.presence}}}};
}

Events Model::log_out(SessionId id) {
    auto& session = sessions_.at(id);
    Events events;
    exit(session, events);
    end_whispers(id, events);
    names_.erase(fold_name(session.presence.name));
    if (const auto own = identities_.find(session.keys.identity);
        own != identities_.end() && own->second == id) {
        identities_.erase(own);
    }
    sessions_.erase(id);
    events.push_back({.audience = ToEverybody{}, .body = Gone{id}});
    return events;
}

Result<void> Model::may_join(SessionId id, ChannelId channel) const {
    const auto to = channels_.find(channel);
    if (to == channels_.end() || to->second.closed) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    return may_join(sessions_.at(id), to->second, Door::locked);
}

Result<Joined> Model::join(SessionId id, ChannelId channel, Door door) {
    const auto to = channels_.find(channel);
    auto& session = sessions_.at(id);
    const bool here = channel && session.presence.channel == channel;
    if (to == channels_.end() || to->second.closed) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    if (const auto may = here ? Result<void>{} : may_join(session, to->second, door); !may) {
        return std::unexpected(may.error());
    }
    Events events;
    if (!here) {
        exit(session, events);
        enter(session, to->second, events);
        events.push_back(changed(session));
        update_whispers(id, events);
    }
    return Joined{.epoch = to->second.epoch,
                  .members = to->second.members.size(),
                  .events = std::move(events)};
}

Result<void> Model::may_join(const Session& session, const ChannelState& to, Door door) const {
    const auto id = to.channel.id;
    const auto held = permissions(directory_, subject(session.presence.session), id);
    if (!held.has(Permission::see)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    if (!held.has(Permission::enter)) {
        return fail(ErrorCode::not_permitted, "You may not enter this room.");
    }
    if (held.has(Permission::bypass_limits)) {
        return {};
    }
    if (to.channel.seats_max != 0 && to.members.size() >= to.channel.seats_max) {
        return fail(ErrorCode::room_full,
                    std::format("All {} seats of this room are taken.", to.channel.seats_max));
    }
    if (to.channel.password && door == Door::locked) {
        return fail(ErrorCode::bad_password, "This room asks for a password.");
    }
    return {};
}

Result<Events> Model::leave(SessionId id) {
    auto& session = sessions_.at(id);
    if (!session.presence.channel) {
        return fail(ErrorCode::not_in_room, "You are in no room.");
    }
    Events events;
    exit(session, events);
    events.push_back(changed(session));
    update_whispers(id, events);
    return events;
}

void Model::enter(Session& session, ChannelState& to, Events& events) {
    const auto channel = to.channel.id;
    const auto id = session.presence.session;
    ++to.epoch.value;
    to.members.push_back(id);
    to.crowded = to.crowded || to.members.size() > uncrowded_members_max;
    session.presence.channel = channel;
    session.came_after = last_said_;
    judge(session);
    events.push_back({.audience = ToMembers{.channel = channel, .except = id},
                      .body = MemberJoined{.channel = channel, .epoch = to.epoch, .session = id}});
}

void Model::exit(Session& session, Events& events) {
    const auto channel = session.presence.channel;
    if (!channel) {
        return;
    }
    auto& from = channels_.at(channel);
    const auto id = session.presence.session;
    ++from.epoch.value;
    std::erase(from.members, id);
    from.crowded = from.crowded && from.members.size() >= crowded_members_min;
    session.presence.channel = {};
    session.presence.speaking = false;
    judge(session);
    events.push_back({.audience = ToMembers{.channel = channel},
                      .body = MemberLeft{.channel = channel, .epoch = from.epoch, .session = id}});
    if (from.members.empty() && (from.closed || from.channel.temporary)) {
        take_down(channel, events);
    }
}

// --- state ---------------------------------------------------------------------------------------

Events Model::set_self_state(SessionId id, SelfState state) {
    auto& session = sessions_.at(id);
    const auto before = session.presence;
    session.presence.self_deafen = state.deafen;
    session.presence.self_mute = state.mute || state.deafen;
    session.presence.speaking = before.speaking && !session.presence.self_mute;
    return session.presence == before ? Events{} : Events{changed(session)};
}

const Model::Mark Model::priority_mark{
    .shown = &Presence::priority,
    .needed = Permission::priority_speaker,
    .in_no_room = "Join a room first: priority is for one room.",
    .not_allowed = "You may not speak above others in this room."};
const Model::Mark Model::recording_mark{
    .shown = &Presence::recording,
    .needed = Permission::record,
    .in_no_room = "Join a room first: it is a room that is recorded.",
    .not_allowed = "You may not record this room."};

Result<void> Model::may_be_shown(SessionId id, const Mark& mark) const {
    const auto channel = sessions_.at(id).presence.channel;
    if (!channel) {
        return fail(ErrorCode::not_in_room, mark.in_no_room);
    }
    return may(id, channel, mark.needed) ? Result<void>{}
                                         : fail(ErrorCode::not_permitted, mark.not_allowed);
}

Result<Events> Model::show(SessionId id, const Mark& mark, bool on) {
    if (const auto may = on ? may_be_shown(id, mark) : Result<void>{}; !may) {
        return std::unexpected(may.error());
    }
    auto& session = sessions_.at(id);
    return std::exchange(session.presence.*mark.shown, on) == on ? Events{}
                                                                 : Events{changed(session)};
}

Result<Events> Model::set_priority(SessionId id, bool on) { return show(id, priority_mark, on); }

Result<Events> Model::set_recording(SessionId id, bool on) { return show(id, recording_mark, on); }

Result<void> Model::may_record(SessionId id) const { return may_be_shown(id, recording_mark); }

Events Model::set_speaking(SessionId id, bool speaking) {
    auto& session = sessions_.at(id);
    const auto& presence = session.presence;
    const bool speaks =
        speaking && presence.channel && !presence.self_mute && !presence.server_mute;
    if (session.presence.speaking == speaks) {
        return {};
    }
    session.presence.speaking = speaks;
    return {changed(session)};
}

// --- keys ----------------------------------------------------------------------------------------

Events Model::renew_device(SessionId id, DeviceKey device) {
    auto& session = sessions_.at(id);
    session.keys.device = device;
    Events events;
    if (const auto channel = session.presence.channel) {
        events.push_back(
            {.audience = ToMembers{.channel = channel, .except = id},
             .body = MemberJoined{
                 .channel = channel, .epoch = channels_.at(channel).epoch, .session = id}});
    }
    tell_renewed(id, events);
    return events;
}

Result<Events> Model::request_key(SessionId id, const MissingKey& missing) const {
    const auto& [speaker, kid, stream] = missing;
    if (!sessions_.contains(speaker)) {
        return fail(ErrorCode::unknown_session, "There is no such session.");
    }
    if (stream && !whispers_to({.whisperer = speaker, .stream = stream}, id)) {
        return fail(ErrorCode::not_in_room, "That speaker does not whisper to you.");
    }
    if (!stream && (speaker == id || !together(id, speaker))) {
        return fail(ErrorCode::not_in_room, "That speaker is not in your room.");
    }
    return Events{{.audience = ToSession{speaker},
                   .body = KeyRequested{.from = id, .kid = kid, .stream = stream}}};
}

Result<void> Model::check_receivers(SessionId id, std::span<const SessionId> to) const {
    if (has_duplicates(to)) {
        return fail(ErrorCode::bad_key_share, "A key share is there twice for the same receiver.");
    }
    if (std::ranges::any_of(to, [&](SessionId receiver) {
            return receiver == id || receiver > last_session_ || !receiver;
        })) {
        return fail(ErrorCode::bad_key_share, "A key share is for somebody who never was here.");
    }
    return {};
}

Result<std::vector<SessionId>> Model::share_receivers(SessionId id, ShareScope scope,
                                                      std::span<const SessionId> to) const {
    if (!scope.channel || sessions_.at(id).presence.channel != scope.channel) {
        return fail(ErrorCode::not_in_room, "You are not in that room.");
    }
    const auto epoch = channels_.at(scope.channel).epoch;
    if (scope.epoch > epoch) {
        return fail(ErrorCode::bad_key_share, "A key share names an epoch that is yet to come.");
    }
    if (const auto checked = check_receivers(id, to); !checked) {
        return std::unexpected(checked.error());
    }
    std::vector<SessionId> receivers;
    receivers.reserve(to.size());
    for (const auto receiver : to) {
        if (together(id, receiver)) {
            receivers.push_back(receiver);
        } else if (scope.epoch == epoch) {
            return fail(ErrorCode::bad_key_share,
                        "A key share is for somebody who is not in the room.");
        }
    }
    return receivers;
}

// --- looking -------------------------------------------------------------------------------------

std::optional<AcceptedText> Model::find_text(SessionId session, std::uint64_t nonce) const {
    return nonce == 0 ? std::nullopt
                      : said_lately_.find(sessions_.at(session).keys.identity, nonce);
}

std::optional<SessionId> Model::session_of(const PeerKeys& keys) const {
    const auto found = identities_.find(keys.identity);
    return found == identities_.end() ? std::nullopt : std::optional(found->second);
}

const Session* Model::find(SessionId session) const {
    const auto found = sessions_.find(session);
    return found == sessions_.end() ? nullptr : &found->second;
}

const ChannelState* Model::find(ChannelId channel) const {
    const auto found = channels_.find(channel);
    return found == channels_.end() ? nullptr : &found->second;
}

std::optional<SessionId> Model::find(std::string_view name) const {
    const auto found = names_.find(fold_name(name));
    return found == names_.end() ? std::nullopt : std::optional(found->second);
}

bool Model::may(SessionId session, ChannelId channel, Permission permission) const {
    return decide(directory_, subject(session), channel, permission);
}

Subject Model::subject(SessionId session) const {
    const auto* device = directory_.find(sessions_.at(session).keys.identity);
    return {device == nullptr ? AccountId{} : device->account};
}

bool Model::is_locked(SessionId session, ChannelId channel) const {
    const auto* state = find(channel);
    return state != nullptr && state->channel.password && !state->closed &&
           sessions_.at(session).presence.channel != channel &&
           !may(session, channel, Permission::bypass_limits);
}

bool Model::together(SessionId a, SessionId b) const {
    const auto* first = find(a);
    const auto* second = find(b);
    return first != nullptr && second != nullptr && first->presence.channel &&
           first->presence.channel == second->presence.channel;
}

}  // namespace partyline::room
