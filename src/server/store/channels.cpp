#include "server/store/channels.hpp"

#include <map>
#include <optional>
#include <utility>

#include "server/room/names.hpp"
#include "server/store/statement.hpp"

namespace partyline::store {
namespace {

room::ChannelRecord read_row(Row row) {
    room::ChannelRecord record;
    auto& channel = record.channel;
    channel.id = row.id<ChannelId>();
    channel.parent = row.id<ChannelId>();
    channel.name = row.text();
    channel.topic = row.text();
    channel.order = row.number<std::uint32_t>();
    channel.icon = row.text();
    channel.bitrate_bps_max = row.number<std::uint32_t>();
    channel.seats_max = row.number<std::uint32_t>();
    channel.slow_mode_s = row.number<std::uint32_t>();
    record.password_hash = row.text();
    channel.password = !record.password_hash.empty();
    channel.retention.keep = row.flag();
    channel.retention.days = row.number<std::uint32_t>();
    channel.retention.bytes = row.number<std::uint64_t>();
    return record;
}

void read_overrides(SQLite::Database& database, std::map<ChannelId, room::ChannelRecord>& records) {
    for_rows(database, "SELECT channel, role, allow, deny FROM override", [&](Row row) {
        if (const auto of = records.find(row.id<ChannelId>()); of != records.end()) {
            const auto role = row.id<RoleId>();
            const auto allow = room::PermissionSet::from_bits(row.number<std::uint64_t>());
            const auto deny = room::PermissionSet::from_bits(row.number<std::uint64_t>());
            of->second.overrides.emplace(role, room::Override{.allow = allow, .deny = deny});
        }
    });
}

/// Parents first. What hangs nowhere (a foreign hand was at work) is left out.
std::vector<room::ChannelRecord> in_order(std::map<ChannelId, room::ChannelRecord> records) {
    std::multimap<ChannelId, ChannelId> inside;
    for (const auto& [id, record] : records) {
        inside.emplace(record.channel.parent, id);
    }
    std::vector<room::ChannelRecord> ordered;
    const auto take_inside = [&](ChannelId parent) {
        const auto [begin, end] = inside.equal_range(parent);
        for (auto at = begin; at != end; ++at) {
            ordered.push_back(std::move(records.at(at->second)));
        }
    };
    take_inside(ChannelId{});
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        take_inside(ordered[i].channel.id);
    }
    return ordered;
}

}  // namespace

std::vector<room::ChannelRecord> read_channels(SQLite::Database& database, Presence presence) {
    std::map<ChannelId, room::ChannelRecord> records;
    for_rows(
        database,
        "SELECT id, parent, name, topic, sort, icon, bitrate_bps_max, seats_max, slow_mode_s, "
        "password_hash, keep, keep_days, keep_bytes FROM channel WHERE away = ?",
        [&](Row row) {
            auto record = read_row(row);
            records.emplace(record.channel.id, std::move(record));
        },
        presence == Presence::away);
    read_overrides(database, records);
    if (presence == Presence::here) {
        return in_order(std::move(records));
    }
    std::vector<room::ChannelRecord> any_order;
    for (auto& [id, record] : records) {
        any_order.push_back(std::move(record));
    }
    return any_order;
}

void write_channel(SQLite::Database& database, const room::ChannelRecord& record,
                   Presence presence) {
    const auto& channel = record.channel;
    run(database,
        "INSERT INTO channel VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(id) DO UPDATE SET parent = excluded.parent, name = excluded.name, "
        "folded = excluded.folded, topic = excluded.topic, sort = excluded.sort, "
        "icon = excluded.icon, bitrate_bps_max = excluded.bitrate_bps_max, "
        "seats_max = excluded.seats_max, slow_mode_s = excluded.slow_mode_s, "
        "password_hash = excluded.password_hash, keep = excluded.keep, "
        "keep_days = excluded.keep_days, keep_bytes = excluded.keep_bytes, away = excluded.away",
        channel.id.value,
        channel.parent ? std::optional(channel.parent.value) : std::optional<std::uint32_t>(),
        channel.name, room::fold_name(channel.name), channel.topic, channel.order, channel.icon,
        channel.bitrate_bps_max, channel.seats_max, channel.slow_mode_s, record.password_hash,
        channel.retention.keep, channel.retention.days, channel.retention.bytes,
        presence == Presence::away);
    run(database, "DELETE FROM override WHERE channel = ?", channel.id.value);
    for (const auto& [role, override] : record.overrides) {
        run(database, "INSERT INTO override VALUES (?, ?, ?, ?)", channel.id.value, role.value,
            override.allow.bits(), override.deny.bits());
    }
}

void drop_channel(SQLite::Database& database, ChannelId id) {
    // Nobody knows of what is away inside it; that comes back where the file then has it.
    run(database, "UPDATE channel SET parent = NULL WHERE parent = ? AND away = 1", id.value);
    run(database, "UPDATE place SET channel = 0 WHERE channel = ?", id.value);
    run(database, "DELETE FROM channel WHERE id = ?", id.value);
}

}  // namespace partyline::store
