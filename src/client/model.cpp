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
    changes_.rooms = true;
    for (const auto& channel : page.channels) {
        rooms_[channel.id] = to_room(channel);
        stale_rooms_.erase(channel.id);
    }
    return ready_ ? Events{RoomsChanged{}} : Events{};
}

Model::Events Model::fold(const wire::ChannelsChanged& change) {
    changes_.rooms = true;
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
    Events events;
    for (const auto& presence : page.sessions) {
        fold_presence(presence, events);
    }
    return events;
}

Model::Events Model::fold(const wire::PresenceChanged& change) {
    Events events;
    for (const auto& presence : change.sessions) {
        fold_presence(presence, events);
    }
    for (const auto session : change.gone) {
        note_change(session);
        in_own_room_.erase(session);
        if (auto gone = people_.extract(session); gone && ready_) {
            events.push_back(PersonLeft{std::move(gone.mapped().person)});
        }
    }
    return events;
}

void Model::fold_presence(const wire::Presence& presence, Events& events) {
    note_change(presence.session);
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
    find_place(entry);
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
    Events events;
    if (!stale_rooms_.empty()) {
        changes_.rooms = true;
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
        note_change(at->first);
        in_own_room_.erase(at->first);
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
    Events events;
    own_channel_ = channel;
    note_change(self_);
    for (const auto& [session, entry] : people_) {
        find_place(entry);
    }
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
    note_change(session);
    auto& entry = people_[session];
    const auto before = entry.person;
    entry.leaving = false;
    entry.stale = false;
    entry.person.session = session;
    entry.person.channel = own_channel_;
    find_place(entry);
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
    note_change(session);
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
    note_change(entry.person.session);
    if (ready_) {
        events.push_back(SpeakingChanged{.session = entry.person.session, .speaking = speaking});
    }
}

void Model::find_place(const Entry& entry) {
    if (is_in_own_room(entry)) {
        in_own_room_.insert(entry.person.session);
    } else {
        in_own_room_.erase(entry.person.session);
    }
}

void Model::note_change(SessionId session) {
    if (changes_.everybody) {
        return;
    }
    changes_.people.push_back(session);
    // Nobody may ask for long, and everybody is as many as there are.
    if (changes_.people.size() > people_.size() + 1) {
        changes_.everybody = true;
        changes_.people.clear();
    }
}

Model::Changes Model::take_changes() {
    return std::exchange(changes_, {.rooms = false, .everybody = false});
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
    return std::ranges::any_of(
        in_own_room_, [this](SessionId session) { return people_.at(session).said_speaking; });
}

std::vector<SessionId> Model::room_members() const {
    std::vector<SessionId> members;
    std::ranges::copy_if(in_own_room_, std::back_inserter(members),
                         [this](SessionId session) { return !people_.at(session).leaving; });
    return members;
}

}  // namespace partyline::client
