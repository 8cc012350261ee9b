#include "server/store/channels.hpp"

#include <SQLiteCpp/Statement.h>

#include <map>
#include <string>

#include "server/room/names.hpp"

namespace partyline::store {
namespace {

ChannelId id_of(SQLite::Database& database, ChannelId parent, const std::string& name) {
    SQLite::Statement known(database, "SELECT id FROM channel WHERE parent = ? AND name = ?");
    known.bind(1, parent.value);
    known.bind(2, name);
    if (known.executeStep()) {
        return ChannelId{known.getColumn(0).getUInt()};
    }
    SQLite::Statement added(database, "INSERT INTO channel(parent, name) VALUES (?, ?)");
    added.bind(1, parent.value);
    added.bind(2, name);
    added.exec();
    return ChannelId{static_cast<std::uint32_t>(database.getLastInsertRowid())};
}

}  // namespace

std::vector<room::Channel> settle_channels(SQLite::Database& database,
                                           std::vector<room::Channel> channels) {
    std::map<ChannelId, ChannelId> settled{{ChannelId{}, ChannelId{}}};
    for (auto& channel : channels) {
        channel.parent = settled.at(channel.parent);
        const auto id = id_of(database, channel.parent, room::fold_name(channel.name));
        settled[channel.id] = id;
        channel.id = id;
    }
    return channels;
}

}  // namespace partyline::store
