// The rooms and the people, folded from what the server tells.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "client/talkie.hpp"
#include "wire/control.hpp"

namespace partyline::client {

/// Until ready() the snapshot is folded silently; from then on each change gives its events. No
/// thread, no clock. Owned by the session. [control]
class Model {
public:
    using Events = std::vector<Event>;

    /// Our own session, from Welcome.
    void set_self(SessionId self) { self_ = self; }

    Events fold(const wire::ChannelPage& page);
    Events fold(const wire::ChannelsChanged& change);
    Events fold(const wire::PresencePage& page);
    Events fold(const wire::PresenceChanged& change);
    /// The snapshot is whole.
    void set_ready() { ready_ = true; }

    /// What is told from here to end_snapshot() is all there is: the rest has gone.
    void begin_snapshot();
    Events end_snapshot(std::vector<SessionId>& gone);

    /// We are in this room now, or in none.
    Events enter(ChannelId channel);
    /// Word of a member comes at once, presence some time later. Whoever is given our key is on the
    /// screen from that moment, with a stand-in for a name that is not known yet.
    Events member_joined(SessionId session);
    /// Still shown until presence tells where they went, but no longer one of the room.
    void member_left(SessionId session);

    /// The connection is lost: nobody is heard any more.
    Events hush();
    /// What was heard of somebody in our room, or sent by us.
    Events set_heard(SessionId session, bool speaking);

    /// As it was set here.
    Events set_volume(SessionId session, Volume volume);

    [[nodiscard]] bool ready() const { return ready_; }
    struct Changes {
        bool rooms = true;
        bool everybody = true;
        std::vector<SessionId> people = {};  // some may have gone; perhaps twice; if not everybody
    };
    /// What may have another answer below since this was asked last; all of it the first time.
    [[nodiscard]] Changes take_changes();
    [[nodiscard]] ChannelId own_channel() const { return own_channel_; }
    /// What our room leaves each speaker, in bits per second; 0: all they like.
    [[nodiscard]] std::uint32_t bitrate_cap() const;
    [[nodiscard]] std::vector<Room> rooms() const;
    /// The room itself if it is one that outlasts a restart of the server; else zero.
    [[nodiscard]] ChannelId lasting(ChannelId channel) const;
    /// The names from the top to this room; empty if there is no such room.
    [[nodiscard]] std::vector<std::string> path_of(ChannelId channel) const;
    /// The room at the end of these names, spelled exactly so; zero if there is none.
    [[nodiscard]] ChannelId room_at(std::span<const std::string> path) const;
    [[nodiscard]] std::vector<Person> people() const;
    /// Without copying them.
    template <class Visit>
    void each_person(const Visit& visit) const {
        for (const auto& [session, entry] : people_) {
            visit(entry.person);
        }
    }
    [[nodiscard]] bool shows(SessionId session) const { return people_.contains(session); }
    [[nodiscard]] std::optional<Person> person(SessionId session) const;
    /// Empty for a session that is not known.
    [[nodiscard]] std::string name_of(SessionId session) const;
    /// Whether somebody in our room talks, as far as the server knows: it may be that no sound of
    /// theirs reaches us.
    [[nodiscard]] bool is_room_said_talking() const;
    /// Who is in our room, without ourselves, in ascending order.
    [[nodiscard]] std::vector<SessionId> room_members() const;

private:
    struct Entry {
        Person person;
        bool named = false;
        bool leaving = false;        // see member_left()
        bool said_speaking = false;  // by the server, wherever they are
        bool stale = false;          // not told of since begin_snapshot()
    };

    void fold_presence(const wire::Presence& presence, Events& events);
    void set_speaking(Entry& entry, bool speaking, Events& events);
    [[nodiscard]] bool is_in_own_room(const Entry& entry) const;
    /// As its channel is another now, or ours is.
    void find_place(const Entry& entry);
    /// Of an entry that is there, or is no more.
    void note_change(SessionId session);

    SessionId self_{};
    ChannelId own_channel_{};
    bool ready_ = false;
    Changes changes_;
    std::map<ChannelId, Room> rooms_;
    std::set<ChannelId> stale_rooms_;  // not told of since begin_snapshot()
    std::map<SessionId, Entry> people_;
    std::set<SessionId> in_own_room_;  // of people_, without ourselves
};

}  // namespace partyline::client
