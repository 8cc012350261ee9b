// The table of channels: which id stands for which name and place. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <vector>

#include "server/room/types.hpp"

namespace partyline::store {

/// As Store::settle().
std::vector<room::Channel> settle_channels(SQLite::Database& database,
                                           std::vector<room::Channel> channels);

}  // namespace partyline::store
