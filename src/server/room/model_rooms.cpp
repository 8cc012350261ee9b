// The tree of rooms: how it is made, and what becomes of the people in it when it changes.
#include <algorithm>
#include <format>
#include <ranges>
#include <utility>

#include "server/room/built_in.hpp"
#include "server/room/model.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> bad_channel(const Channel& channel, std::string_view why) {
    return fail(ErrorCode::config, std::format("Room \"{}\" {}.", channel.name, why));
}

Event tree_changed() { return {.audience = ToEverybody{}, .body = TreeChanged{}}; }

/// The rooms above this one, the nearest first.
std::vector<ChannelId> above(const Directory& directory, ChannelId channel) {
    std::vector<ChannelId> ids;
    for (const auto* record : std::views::reverse(directory.path(channel))) {
        ids.push_back(record->channel.parent);
    }
    return ids;
}

/// What is in this room, each followed by what is in it.
std::vector<ChannelId> as_on_a_screen(const Directory& directory, ChannelId parent) {
    std::vector<const Channel*> inside;
    for (const auto& [id, record] : directory.channels()) {
        if (record.channel.parent == parent) {
            inside.push_back(&record.channel);
        }
    }
    std::ranges::stable_sort(inside, {}, &Channel::order);
    std::vector<ChannelId> ids;
    for (const auto* channel : inside) {
        ids.push_back(channel->id);
        const auto deeper = as_on_a_screen(directory, channel->id);
        ids.insert(ids.end(), deeper.begin(), deeper.end());
    }
    return ids;
}

/// Beside what is in no list but the moderators', and who is silenced.
bool touches_people_or_rooms(const Change& change) {
    return !std::holds_alternative<AuditEntry>(change) && !std::holds_alternative<Ban>(change) &&
           !std::holds_alternative<DropBan>(change) && !std::holds_alternative<Invite>(change) &&
           !std::holds_alternative<DropInvite>(change) &&
           !std::holds_alternative<UseInvite>(change) && !std::holds_alternative<Silence>(change) &&
           !std::holds_alternative<DropSilence>(change);
}

/// Who is silenced by them, or is no longer.
std::set<Person> silenced(const Changes& changes) {
    std::set<Person> people;
    for (const auto& change : changes) {
        if (const auto* silence = std::get_if<Silence>(&change)) {
            people.insert(silence->whose);
        } else if (const auto* drop = std::get_if<DropSilence>(&change)) {
            people.insert(drop->whose);
        }
    }
    return people;
}

}  // namespace

// --- making --------------------------------------------------------------------------------------

Result<Model> Model::create(Records records, Options options) {
    Model model(options);
    auto channels = std::exchange(records.channels, {});
    model.directory_ = Directory(records);
    for (auto& channel : channels) {
        if (const auto added = model.add_channel(std::move(channel)); !added) {
            return std::unexpected(added.error());
        }
    }
    return model;
}

Result<Model> Model::create(const std::vector<Channel>& channels, Options options) {
    Records records{.roles = built_in_roles()};
    for (const auto& channel : channels) {
        records.channels.push_back({.channel = channel});
    }
    return create(std::move(records), options);
}

Result<void> Model::add_channel(ChannelRecord record) {
    auto& channel = record.channel;
    if (!channel.id || channels_.contains(channel.id)) {
        return bad_channel(channel, "has no id of its own");
    }
    if (channel.parent && !channels_.contains(channel.parent)) {
        return bad_channel(channel, "comes before the room it is in");
    }
    if (channels_.size() == channels_max) {
        return bad_channel(channel, std::format("is one more than {} rooms", channels_max));
    }
    if (directory_.depth(channel.parent) == channel_depth_max) {
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
    channel.name = normal_name(channel.name);
    channel.topic = normal_topic(channel.topic);
    put_up(channel);
    directory_.apply(std::move(record));
    return {};
}

void Model::put_up(const Channel& channel) { channels_[channel.id].channel = channel; }

// --- changing ------------------------------------------------------------------------------------

Applied Model::apply(const Changes& changes) {
    // Where a room lay, before it is gone.
    std::map<ChannelId, std::vector<ChannelId>> ways_out;
    for (const auto& [id, state] : channels_) {
        if (!state.members.empty()) {
            ways_out.emplace(id, above(directory_, id));
        }
    }
    directory_.apply(changes);
    Applied applied;
    if (std::ranges::none_of(changes, touches_people_or_rooms)) {
        const auto people = silenced(changes);
        for (auto& [id, session] : sessions_) {
            if (people.contains(person(id))) {
                judge(session, applied.events);
            }
        }
        return applied;
    }
    rules_changed_ = true;
    for (const auto& change : changes) {
        if (const auto* record = std::get_if<ChannelRecord>(&change)) {
            put_up(record->channel);
        } else if (const auto* drop = std::get_if<DropChannel>(&change)) {
            take_down(drop->id, applied.events);
        }
    }
    for (auto& [id, session] : sessions_) {
        const auto at = session.presence.channel;
        // Whoever may do everything may also enter what is not there.
        if (at && (directory_.find(at) == nullptr || !may(id, at, Permission::enter))) {
            applied.relocations.push_back({.session = id, .to = refuge(session, ways_out.at(at))});
        } else {
            judge(session, applied.events);
        }
    }
    applied.events.push_back(tree_changed());
    return applied;
}

ChannelId Model::refuge(const Session& session, std::span<const ChannelId> above) const {
    const auto id = session.presence.session;
    const auto enters = [&](ChannelId channel) {
        const auto* record = directory_.find(channel);
        return record != nullptr && !record->channel.temporary &&
               may(id, channel, Permission::enter) &&
               (!record->channel.password || may(id, channel, Permission::bypass_limits));
    };
    if (const auto nearest = std::ranges::find_if(above, enters); nearest != above.end()) {
        return *nearest;
    }
    for (const auto other : as_on_a_screen(directory_, ChannelId{})) {
        if (enters(other)) {
            return other;
        }
    }
    return {};
}

Events Model::relocate(Relocation relocation) {
    auto& session = sessions_.at(relocation.session);
    Events events;
    const auto to = channels_.find(relocation.to);
    const bool nowhere = to == channels_.end() || to->second.closed;
    if (session.presence.channel == (nowhere ? ChannelId{} : relocation.to)) {
        return events;
    }
    exit(session, events);
    if (!nowhere) {
        enter(session, to->second, events);
    }
    events.push_back({.audience = ToEverybody{}, .body = PresenceChanged{session.presence}});
    update_whispers(relocation.session, events);
    return events;
}

Events Model::sweep() {
    std::vector<ChannelId> empty;
    for (const auto& [id, state] : channels_) {
        if (state.channel.temporary && state.members.empty()) {
            empty.push_back(id);
        }
    }
    Events events;
    for (const auto id : empty) {
        take_down(id, events);
    }
    return events;
}

void Model::take_down(ChannelId channel, Events& events) {
    const auto found = channels_.find(channel);
    if (found == channels_.end()) {
        return;
    }
    found->second.closed = true;
    if (found->second.members.empty()) {
        channels_.erase(found);
        whispers_.forget(channel);
        directory_.apply(DropChannel{channel});
        events.push_back(tree_changed());
    }
}

}  // namespace partyline::room
