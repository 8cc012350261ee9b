#include "client/model.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <tuple>
#include <utility>

namespace partyline::client {
namespace {

bool same_but_for_speaking(Person a, const Person& b) {
    a.speaking = b.speaking;
    return a == b;
}

PersonChanged changed_from(const Person& before, const Person& now, bool arrived) {
    PersonChanged change{.person = now, .arrived = arrived};
    if (!arrived && before.channel != now.channel) {
        change.moved_from = before.channel;
    }
    return change;
}

Room to_room(const wire::Channel& channel) {
    return {.id = channel.id,
            .parent = channel.parent,
            .name = channel.name,
            .topic = channel.topic,
            .order = channel.order,
            .icon = channel.icon,
            .bitrate_bps_max = channel.bitrate_bps_max,
            .seats_max = channel.seats_max,
            .slow_mode_s = channel.slow_mode_s,
            .password = channel.password,
            .temporary = channel.temporary};
}

std::string stand_in_name(SessionId session) { return std::format("session {}", session.value); }

}  // namespace

Model::Events Model::fold(const wire::ChannelPage& page) {
    ++revision_;
    for (const auto& channel : page.channels) {
        rooms_[channel.id] = to_room(channel);
        stale_rooms_.erase(channel.id);
    }
    return ready_ ? Events{RoomsChanged{}} : Events{};
}

Model::Events Model::fold(const wire::ChannelsChanged& change) {
    ++revision_;
    for (const auto& channel : change.channels) {
        rooms_[channel.id] = to_room(channel);
        stale_rooms_.erase(channel.id);
    }
    for (const auto channel : change.gone) {
        rooms_.erase(channel);
        stale_rooms_.erase(channel);
    }
    return ready_ ? Events{RoomsChanged{}} : Events{};
}

Model::Events Model::fold(const wire::PresencePage& page) {
    ++revision_;
    Events events;
    for (const auto& presence : page.sessions) {
        fold_presence(presence, events);
    }
    return events;
}

Model::Events Model::fold(const wire::PresenceChanged& change) {
    ++revision_;
    Events events;
    for (const auto& presence : change.sessions) {
        fold_presence(presence, events);
    }
    for (const auto session : change.gone) {
        if (auto gone = people_.extract(session); gone && ready_) {
            events.push_back(PersonLeft{std::move(gone.mapped().person)});
        }
    }
    return events;
}

void Model::fold_presence(const wire::Presence& presence, Events& events) {
    auto& entry = people_[presence.session];
    const auto before = entry.person;
    const bool was_in_own_room = is_in_own_room(entry);
    const bool was_seen_recording = was_in_own_room && before.recording;
    const bool arrived = !entry.named;

    entry.person.session = presence.session;
    if (!presence.name.empty()) {
        entry.person.name = presence.name;
        entry.named = true;
    } else if (entry.person.name.empty()) {
        entry.person.name = stand_in_name(presence.session);
    }
    entry.person.channel = presence.channel;
    entry.person.self_mute = presence.self_mute;
    entry.person.self_deafen = presence.self_deafen;
    entry.person.server_mute = presence.server_mute;
    entry.person.server_deafen = presence.server_deafen;
    entry.person.account = presence.account;
    entry.person.priority = presence.priority;
    entry.person.recording = presence.recording;
    entry.said_speaking = presence.speaking;
    entry.leaving = false;
    entry.stale = false;

    // In our room we know better than the server, and sooner.
    Events light;
    const bool heard_here = presence.session == self_ || is_in_own_room(entry);
    if (!heard_here) {
        set_speaking(entry, presence.speaking, light);
    } else if (presence.session != self_ && !was_in_own_room) {
        set_speaking(entry, false, light);
    }
    if (ready_ && (arrived || !same_but_for_speaking(before, entry.person))) {
        events.push_back(changed_from(before, entry.person, arrived));
    }
    const bool seen_recording = is_in_own_room(entry) && entry.person.recording;
    if (ready_ && presence.session != self_ && seen_recording != was_seen_recording) {
        events.push_back(RecordingSeen{.person = entry.person, .recording = seen_recording});
    }
    std::ranges::move(light, std::back_inserter(events));
}

void Model::begin_snapshot() {
    for (const auto& [id, room] : rooms_) {
        stale_rooms_.insert(id);
    }
    for (auto& [session, entry] : people_) {
        entry.stale = true;
    }
}

Model::Events Model::end_snapshot(std::vector<SessionId>& gone) {
    ++revision_;
    Events events;
    if (!stale_rooms_.empty()) {
        for (const auto id : std::exchange(stale_rooms_, {})) {
            rooms_.erase(id);
        }
        events.push_back(RoomsChanged{});
    }
    for (auto at = people_.begin(); at != people_.end();) {
        if (!at->second.stale) {
            ++at;
            continue;
        }
        gone.push_back(at->first);
        events.push_back(PersonLeft{std::move(at->second.person)});
        at = people_.erase(at);
    }
    return events;
}

std::uint32_t Model::bitrate_cap() const {
    const auto room = rooms_.find(own_channel_);
    return room == rooms_.end() ? 0 : room->second.bitrate_bps_max;
}

Model::Events Model::enter(ChannelId channel) {
    ++revision_;
    Events events;
    own_channel_ = channel;
    for (auto& [session, entry] : people_) {
        if (session == self_) {
            const auto before = entry.person;
            entry.person.channel = channel;
            Events light;
            set_speaking(entry, false, light);
            if (ready_ && before.channel != channel) {
                events.push_back(changed_from(before, entry.person, false));
            }
            std::ranges::move(light, std::back_inserter(events));
        } else {
            set_speaking(entry, !is_in_own_room(entry) && entry.said_speaking, events);
            if (is_in_own_room(entry) && entry.person.recording) {
                events.push_back(RecordingSeen{.person = entry.person, .recording = true});
            }
        }
    }
    return events;
}

Model::Events Model::member_joined(SessionId session) {
    ++revision_;
    auto& entry = people_[session];
    const auto before = entry.person;
    entry.leaving = false;
    entry.stale = false;
    entry.person.session = session;
    entry.person.channel = own_channel_;
    if (entry.person.name.empty()) {
        entry.person.name = stand_in_name(session);
    }
    Events events;
    if (!ready_ || before == entry.person) {
        return events;
    }
    Events light;
    set_speaking(entry, false, light);
    PersonChanged change{.person = entry.person};
    if (before.session) {
        change.moved_from = before.channel;
    }
    events.push_back(std::move(change));
    std::ranges::move(light, std::back_inserter(events));
    return events;
}

void Model::member_left(SessionId session) {
    if (const auto at = people_.find(session); at != people_.end()) {
        at->second.leaving = true;
    }
}

Model::Events Model::set_heard(SessionId session, bool speaking) {
    Events events;
    const auto at = people_.find(session);
    if (at != people_.end() && own_channel_ && (session == self_ || is_in_own_room(at->second))) {
        set_speaking(at->second, speaking, events);
    }
    return events;
}

Model::Events Model::set_volume(SessionId session, Volume volume) {
    const auto at = people_.find(session);
    if (at == people_.end() || at->second.person.volume == volume) {
        return {};
    }
    at->second.person.volume = volume;
    ++revision_;
    return ready_ ? Events{PersonChanged{.person = at->second.person}} : Events{};
}

Model::Events Model::hush() {
    Events events;
    for (auto& [session, entry] : people_) {
        set_speaking(entry, false, events);
    }
    return events;
}

void Model::set_speaking(Entry& entry, bool speaking, Events& events) {
    if (entry.person.speaking == speaking) {
        return;
    }
    entry.person.speaking = speaking;
    ++revision_;
    if (ready_) {
        events.push_back(SpeakingChanged{.session = entry.person.session, .speaking = speaking});
    }
}

bool Model::is_in_own_room(const Entry& entry) const {
    return own_channel_ && entry.person.channel == own_channel_ && entry.person.session != self_;
}

std::vector<Room> Model::rooms() const {
    std::vector<Room> rooms;
    rooms.reserve(rooms_.size());
    for (const auto& [id, room] : rooms_) {
        rooms.push_back(room);
    }
    std::ranges::sort(
        rooms, {}, [](const Room& room) { return std::tuple(room.parent, room.order, room.id); });
    return rooms;
}

ChannelId Model::lasting(ChannelId channel) const {
    const auto room = rooms_.find(channel);
    return room != rooms_.end() && !room->second.temporary ? channel : ChannelId{};
}

std::vector<std::string> Model::path_of(ChannelId channel) const {
    std::vector<std::string> path;
    // Bounded, as a server may tell of rooms that are each other's parents.
    for (auto at = rooms_.find(channel); at != rooms_.end() && path.size() < rooms_.size();
         at = rooms_.find(at->second.parent)) {
        path.push_back(at->second.name);
    }
    std::ranges::reverse(path);
    return path;
}

ChannelId Model::room_at(std::span<const std::string> path) const {
    ChannelId at{};
    for (const auto& name : path) {
        const auto next = std::ranges::find_if(rooms_, [&](const auto& one) {
            return one.second.parent == at && one.second.name == name;
        });
        if (next == rooms_.end()) {
            return {};
        }
        at = next->first;
    }
    return at;
}

std::vector<Person> Model::people() const {
    std::vector<Person> people;
    people.reserve(people_.size());
    for (const auto& [session, entry] : people_) {
        people.push_back(entry.person);
    }
    return people;
}

std::optional<Person> Model::person(SessionId session) const {
    const auto at = people_.find(session);
    return at == people_.end() ? std::nullopt : std::optional(at->second.person);
}

std::string Model::name_of(SessionId session) const {
    const auto at = people_.find(session);
    return at == people_.end() ? std::string() : at->second.person.name;
}

bool Model::is_room_said_talking() const {
    return std::ranges::any_of(people_, [this](const auto& one) {
        return one.second.said_speaking && is_in_own_room(one.second);
    });
}

std::vector<SessionId> Model::room_members() const {
    std::vector<SessionId> members;
    for (const auto& [session, entry] : people_) {
        if (is_in_own_room(entry) && !entry.leaving) {
            members.push_back(session);
        }
    }
    return members;
}

}  // namespace partyline::client
