#include "server/store/places.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "server/room/limits.hpp"
#include "server/room/names.hpp"
#include "server/store/channels.hpp"
#include "server/store/statement.hpp"

namespace partyline::store {
namespace {

using PlaceId = std::int64_t;

/// What the file says of a room.
struct Said {
    std::string name;
    std::string topic;
    std::uint32_t order = 0;
    room::Retention retention;
};

Said said_of(const room::Channel& channel) {
    return {.name = channel.name,
            .topic = channel.topic,
            .order = channel.order,
            .retention = channel.retention};
}

struct Place {
    PlaceId id = 0;
    ChannelId channel{};
    bool listed = false;
    Said said;
};

struct Stored {
    room::ChannelRecord record;
    Presence presence = Presence::here;
};

class Settling {
public:
    explicit Settling(SQLite::Database& database) : database_(database) {
        for (const auto presence : {Presence::here, Presence::away}) {
            for (auto& record : read_channels(database, presence)) {
                const auto id = record.channel.id;
                channels_.emplace(id, Stored{.record = std::move(record), .presence = presence});
            }
        }
        last_channel_ =
            database.execAndGet("SELECT value FROM meta WHERE key = 'last_channel'").getUInt();
    }

    void settle(const std::vector<room::Channel>& of_file) {
        std::map<ChannelId, Place> places{{ChannelId{}, Place{}}};
        for (const auto& channel : of_file) {
            const auto& parent = places.at(channel.parent);
            auto place = find_or_add(parent.id, room::fold_name(channel.name));
            settle_one(place, parent, channel);
            keep(place);
            places.emplace(channel.id, std::move(place));
        }
        std::vector<PlaceId> listed;
        for (const auto& [channel, place] : places) {
            listed.push_back(place.id);
        }
        take_away(listed);
        run(database_, "UPDATE meta SET value = ? WHERE key = 'last_channel'", last_channel_);
    }

private:
    Place find_or_add(PlaceId parent, const std::string& name) {
        std::optional<Place> found;
        for_rows(
            database_,
            "SELECT id, channel, listed, said_name, said_topic, said_sort, said_keep, "
            "said_keep_days, said_keep_bytes FROM place WHERE parent = ? AND name = ?",
            [&](Row row) {
                auto& place = found.emplace();
                place.id = row.number<PlaceId>();
                place.channel = row.id<ChannelId>();
                place.listed = row.flag();
                place.said.name = row.text();
                place.said.topic = row.text();
                place.said.order = row.number<std::uint32_t>();
                place.said.retention.keep = row.flag();
                place.said.retention.days = row.number<std::uint32_t>();
                place.said.retention.bytes = row.number<std::uint64_t>();
            },
            parent, name);
        if (!found) {
            run(database_,
                "INSERT INTO place(parent, name, channel, listed, said_name, said_topic, "
                "said_sort, said_keep, said_keep_days, said_keep_bytes) "
                "VALUES (?, ?, 0, 0, '', '', 0, 1, 0, 0)",
                parent, name);
            found.emplace().id = database_.getLastInsertRowid();
        }
        return *std::move(found);
    }

    void keep(const Place& place) {
        const auto& said = place.said;
        run(database_,
            "UPDATE place SET channel = ?, listed = ?, said_name = ?, said_topic = ?, "
            "said_sort = ?, said_keep = ?, said_keep_days = ?, said_keep_bytes = ? WHERE id = ?",
            place.channel.value, place.listed, said.name, said.topic, said.order,
            said.retention.keep, said.retention.days, said.retention.bytes, place.id);
    }

    void settle_one(Place& place, const Place& parent, const room::Channel& channel) {
        const auto now = said_of(channel);
        const auto stored = channels_.find(place.channel);
        const bool deleted = place.listed && stored == channels_.end();
        if (stored != channels_.end() && stored->second.presence == Presence::here) {
            change(stored->second, place.said, now);
        } else if (!deleted && !bring(place, parent, now)) {
            return;  // tried again at the next start
        }
        place.listed = true;
        place.said = now;
    }

    /// Makes the room that the place is without, or brings it back.
    bool bring(Place& place, const Place& parent, const Said& now) {
        if (parent.id != 0 && !is_here(parent.channel)) {
            return false;
        }
        if (const auto same = find_here(parent.channel, now.name)) {
            // Somebody has made it before the file did. If another place of the file has it, its
            // name was changed since, and there cannot be two.
            const bool taken = database_
                                   .execAndGet("SELECT count(*) FROM place WHERE channel = " +
                                               std::to_string(same->value))
                                   .getInt() > 0;
            if (taken) {
                log::warning("The file's room \"{}\" is not made: another bears that name now",
                             now.name);
                return false;
            }
            place.channel = *same;
            return true;
        }
        if (!has_space(parent.channel)) {
            log::warning(
                "The file's room \"{}\" is not made: there are too many, or it would be "
                "too deep",
                now.name);
            return false;
        }
        const bool known = channels_.contains(place.channel);
        if (!place.channel) {
            place.channel = ChannelId{++last_channel_};
        }
        auto& stored = channels_[place.channel];
        auto& channel = stored.record.channel;
        channel.id = place.channel;
        channel.parent = parent.channel;
        stored.presence = Presence::here;
        // What was set while it was here holds again, but for what the file says otherwise since.
        change(stored, known ? std::optional(place.said) : std::nullopt, now);
        // Whoever renamed it: where the file brings it back, it has the file's name.
        channel.name = now.name;
        write_channel(database_, stored.record);
        return true;
    }

    void change(Stored& stored, const std::optional<Said>& before, const Said& now) {
        auto& channel = stored.record.channel;
        const auto was = channel;
        if ((!before || before->name != now.name) &&
            (!before || room::fold_name(channel.name) == room::fold_name(now.name))) {
            channel.name = now.name;
        }
        if (!before || before->topic != now.topic) {
            channel.topic = now.topic;
        }
        if (!before || before->order != now.order) {
            channel.order = now.order;
        }
        if (!before || before->retention != now.retention) {
            channel.retention = now.retention;
        }
        if (!(channel == was)) {
            write_channel(database_, stored.record);
        }
    }

    /// Rooms of the file that it has no more, unless others are inside them.
    void take_away(const std::vector<PlaceId>& listed) {
        std::vector<std::pair<PlaceId, ChannelId>> unlisted;
        for_rows(database_, "SELECT id, channel FROM place WHERE listed = 1", [&](Row row) {
            const auto id = row.number<PlaceId>();
            if (!std::ranges::contains(listed, id)) {
                unlisted.emplace_back(id, row.id<ChannelId>());
            }
        });
        const auto go = [this](const auto& entry) {
            const auto& [place, channel] = entry;
            if (is_here(channel)) {
                if (has_inside(channel)) {
                    return false;
                }
                auto& stored = channels_.at(channel);
                stored.presence = Presence::away;
                write_channel(database_, stored.record, Presence::away);
            }
            run(database_, "UPDATE place SET listed = 0 WHERE id = ?", place);
            return true;
        };
        // The innermost go first, and leave those around them free to go.
        while (std::erase_if(unlisted, go) > 0) {
        }
    }

    [[nodiscard]] bool is_here(ChannelId id) const {
        const auto found = channels_.find(id);
        return found != channels_.end() && found->second.presence == Presence::here;
    }
    [[nodiscard]] bool has_inside(ChannelId parent) const {
        return std::ranges::any_of(channels_, [&](const auto& entry) {
            return entry.second.presence == Presence::here &&
                   entry.second.record.channel.parent == parent;
        });
    }
    [[nodiscard]] std::optional<ChannelId> find_here(ChannelId parent,
                                                     const std::string& name) const {
        const auto folded = room::fold_name(name);
        for (const auto& [id, stored] : channels_) {
            const auto& channel = stored.record.channel;
            if (stored.presence == Presence::here && channel.parent == parent &&
                room::fold_name(channel.name) == folded) {
                return id;
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] bool has_space(ChannelId parent) const {
        std::size_t depth = 0;
        for (auto at = parent; at; at = channels_.at(at).record.channel.parent) {
            ++depth;
        }
        const auto here = std::ranges::count_if(
            channels_, [](const auto& entry) { return entry.second.presence == Presence::here; });
        return depth < room::channel_depth_max && std::cmp_less(here, room::channels_max);
    }

    SQLite::Database& database_;
    std::map<ChannelId, Stored> channels_;
    std::uint32_t last_channel_ = 0;
};

}  // namespace

void settle_rooms(SQLite::Database& database, const std::vector<room::Channel>& of_file) {
    Settling(database).settle(of_file);
}

}  // namespace partyline::store
