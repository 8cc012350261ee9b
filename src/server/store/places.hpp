// How the rooms of the configuration file live among those that were made while the server ran.
#pragma once

#include <SQLiteCpp/Database.h>

#include <vector>

#include "server/room/types.hpp"

namespace partyline::store {

/// As Store::settle(); in a transaction. A room of the file is known by its name and its place in
/// the file:
/// - one that is new in the file is made, or is the one of that name that is there already;
/// - what the file says otherwise than at the last start (topic, order, texts kept, the name's
///   spelling) holds from now on; what it says as before leaves alone what was changed since;
/// - one that was deleted while the server ran stays deleted, until the file was without it once;
/// - one that is no longer in the file goes away, unless a room that is not of the file is inside
///   it. When it is in the file again it comes back with all that was set and said in it.
/// Throws SQLite::Exception.
void settle_rooms(SQLite::Database& database, const std::vector<room::Channel>& of_file);

}  // namespace partyline::store
