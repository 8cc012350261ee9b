// The tables of channels and of the places that the configuration file gives them. Throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <vector>

#include "server/room/records.hpp"

namespace partyline::store {

/// Those that are there, parents before their children, or those that are away.
enum class Presence : bool { here, away };
std::vector<room::ChannelRecord> read_channels(SQLite::Database& database,
                                               Presence presence = Presence::here);
/// Whether it replaces one or is new.
void write_channel(SQLite::Database& database, const room::ChannelRecord& record,
                   Presence presence = Presence::here);
/// But for what was said and read in it, which may be much: that goes little by little (pruning.hpp).
void drop_channel(SQLite::Database& database, ChannelId id);

}  // namespace partyline::store
