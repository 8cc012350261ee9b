#include "server/room/model.hpp"

#include <algorithm>
#include <format>
#include <limits>
#include <utility>

#include "server/room/names.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> bad_channel(const Channel& channel, std::string_view why) {
    return fail(ErrorCode::config, std::format("Room \"{}\" {}.", channel.name, why));
}

bool has_duplicates(std::span<const SessionId> sessions) {
    std::vector<SessionId> sorted(sessions.begin(), sessions.end());
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) != sorted.end();
}

Event changed(const Session& session) {
    return {.audience = ToEverybody{}, .body = PresenceChanged{session.presence}};
}

}  // namespace

// --- making --------------------------------------------------------------------------------------

Result<Model> Model::create(const std::vector<Channel>& channels, Options options) {
    Model model(options);
    for (const auto& channel : channels) {
        if (const auto added = model.add_channel(channel); !added) {
            return std::unexpected(added.error());
        }
    }
    return model;
}

Result<void> Model::add_channel(const Channel& channel) {
    if (!channel.id || channels_.contains(channel.id)) {
        return bad_channel(channel, "has no id of its own");
    }
    if (channel.parent && !channels_.contains(channel.parent)) {
        return bad_channel(channel, "comes before the room it is in");
    }
    if (channels_.size() == channels_max) {
        return bad_channel(channel, std::format("is one more than {} rooms", channels_max));
    }
    if (depth(channel.parent) == channel_depth_max) {
        return bad_channel(channel, std::format("is deeper than {} levels", channel_depth_max));
    }
    if (const auto name = check_channel_name(channel.name); !name) {
        return std::unexpected(name.error());
    }
    if (const auto topic = check_topic(channel.topic); !topic) {
        return std::unexpected(topic.error());
    }
    const auto folded = fold_name(channel.name);
    for (const auto& [id, other] : channels_) {
        if (other.channel.parent == channel.parent && fold_name(other.channel.name) == folded) {
            return bad_channel(channel, "has the name of another room beside it");
        }
    }
    auto& kept = channels_.emplace(channel.id, ChannelState{.channel = channel}).first->second;
    kept.channel.name = normal_name(channel.name);
    return {};
}

std::size_t Model::depth(ChannelId channel) const {
    std::size_t depth = 0;
    for (; channel; channel = channels_.at(channel).channel.parent) {
        ++depth;
    }
    return depth;
}

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
    const auto& session =
        sessions_
            .emplace(id, Session{.presence = {.session = id, .name = std::move(name)},
                                 .keys = keys,
                                 .texts = {}})
            .first->second;
    names_.emplace(std::move(folded), id);
    identities_.insert_or_assign(keys.identity, id);
    return LoggedIn{.session = id,
                    .events = {{.audience = ToEverybody{}, .body = Arrived{session.presence}}}};
}

Events Model::log_out(SessionId id) {
    auto& session = sessions_.at(id);
    Events events;
    exit(session, events);
    names_.erase(fold_name(session.presence.name));
    if (const auto own = identities_.find(session.keys.identity);
        own != identities_.end() && own->second == id) {
        identities_.erase(own);
    }
    sessions_.erase(id);
    events.push_back({.audience = ToEverybody{}, .body = Gone{id}});
    return events;
}

Result<Joined> Model::join(SessionId id, ChannelId channel) {
    const auto to = channels_.find(channel);
    if (to == channels_.end()) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    auto& session = sessions_.at(id);
    Events events;
    if (session.presence.channel != channel) {
        exit(session, events);
        enter(session, to->second, events);
        events.push_back(changed(session));
    }
    return Joined{.epoch = to->second.epoch,
                  .members = to->second.members.size(),
                  .events = std::move(events)};
}

Result<Events> Model::leave(SessionId id) {
    auto& session = sessions_.at(id);
    if (!session.presence.channel) {
        return fail(ErrorCode::not_in_room, "You are in no room.");
    }
    Events events;
    exit(session, events);
    events.push_back(changed(session));
    return events;
}

void Model::enter(Session& session, ChannelState& to, Events& events) {
    const auto channel = to.channel.id;
    const auto id = session.presence.session;
    ++to.epoch.value;
    to.members.push_back(id);
    to.crowded = to.crowded || to.members.size() > uncrowded_members_max;
    session.presence.channel = channel;
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
    events.push_back({.audience = ToMembers{.channel = channel},
                      .body = MemberLeft{.channel = channel, .epoch = from.epoch, .session = id}});
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

Events Model::set_speaking(SessionId id, bool speaking) {
    auto& session = sessions_.at(id);
    const bool speaks = speaking && session.presence.channel && !session.presence.self_mute;
    if (session.presence.speaking == speaks) {
        return {};
    }
    session.presence.speaking = speaks;
    return {changed(session)};
}

// --- text ----------------------------------------------------------------------------------------

Result<Message> Model::compose(SessionId id, NewText text) {
    const auto& session = sessions_.at(id);
    if (!text.channel || session.presence.channel != text.channel) {
        return fail(ErrorCode::not_in_room, "You are not in that room.");
    }
    if (const auto checked = check_text(text.text); !checked) {
        return std::unexpected(checked.error());
    }
    return Message{.id = MessageId{++last_message_.value},
                   .channel = text.channel,
                   .author = session.keys.identity,
                   .author_name = session.presence.name,
                   .text = std::move(text.text),
                   .nonce = text.nonce,
                   .unix_ms = text.unix_ms};
}

Events Model::said(SessionId id, const Message& message) {
    remember(id, message.nonce, {.id = message.id, .unix_ms = message.unix_ms});
    return {{.audience = ToMembers{.channel = message.channel},
             .body = Text{.session = id, .message = message}}};
}

void Model::remember(SessionId id, std::uint64_t nonce, AcceptedText accepted) {
    const auto session = sessions_.find(id);
    if (nonce != 0 && session != sessions_.end() && !session->second.texts.find(nonce)) {
        session->second.texts.remember(nonce, accepted);
    }
}

Result<void> Model::may_change(SessionId id, const Message& message) const {
    const auto& session = sessions_.at(id);
    if (message.deleted) {
        return fail(ErrorCode::unknown_text, "That text is deleted.");
    }
    if (session.presence.channel != message.channel) {
        return fail(ErrorCode::not_in_room, "Go to the room where that was said.");
    }
    if (session.keys.identity != message.author) {
        return fail(ErrorCode::not_permitted, "Only who wrote a text may change it.");
    }
    return {};
}

Events Model::text_changed(Message message) {
    const auto channel = message.channel;
    return {{.audience = ToMembers{.channel = channel},
             .body = TextChanged{.message = std::move(message)}}};
}

// --- keys ----------------------------------------------------------------------------------------

Events Model::renew_device(SessionId id, DeviceKey device) {
    auto& session = sessions_.at(id);
    session.keys.device = device;
    const auto channel = session.presence.channel;
    if (!channel) {
        return {};
    }
    return {{.audience = ToMembers{.channel = channel, .except = id},
             .body = MemberJoined{
                 .channel = channel, .epoch = channels_.at(channel).epoch, .session = id}}};
}

Result<Events> Model::request_key(SessionId id, SessionId speaker, std::uint64_t kid) const {
    if (!sessions_.contains(speaker)) {
        return fail(ErrorCode::unknown_session, "There is no such session.");
    }
    if (speaker == id || !together(id, speaker)) {
        return fail(ErrorCode::not_in_room, "That speaker is not in your room.");
    }
    return Events{{.audience = ToSession{speaker}, .body = KeyRequested{.from = id, .kid = kid}}};
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
    if (has_duplicates(to)) {
        return fail(ErrorCode::bad_key_share, "A key share is there twice for the same receiver.");
    }
    std::vector<SessionId> receivers;
    receivers.reserve(to.size());
    for (const auto receiver : to) {
        if (receiver == id || receiver > last_session_ || !receiver) {
            return fail(ErrorCode::bad_key_share,
                        "A key share is for somebody who never was here.");
        }
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
    return nonce == 0 ? std::nullopt : sessions_.at(session).texts.find(nonce);
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

bool Model::together(SessionId a, SessionId b) const {
    const auto* first = find(a);
    const auto* second = find(b);
    return first != nullptr && second != nullptr && first->presence.channel &&
           first->presence.channel == second->presence.channel;
}

}  // namespace partyline::room
