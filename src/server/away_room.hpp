// The room where those go who have done nothing for long: whether there is such a room, and if not,
// whether that may be.
#pragma once

#include <string>

#include "base/error.hpp"
#include "server/config/config.hpp"
#include "server/room/directory.hpp"

namespace partyline::server {

/// Whether `config` wants a room that will be there, `records` being what the start goes by. False
/// for one that people have deleted, renamed or moved: nobody is kept from talking by that. Fails with
/// config, naming the key of the file, for one that never was.
Result<bool> check_away_room(const config::Config& config, const room::Records& records);

/// The same of a file that is read while a server runs: whether there will be such a room once the
/// server that `started` as the old file said starts again as this one says. `rooms` are there now;
/// `known` is Records::known_away_room, as it is by now.
Result<bool> check_away_room(const config::Config& config, const config::Config& started,
                             const room::Directory& rooms, const std::string& known);

}  // namespace partyline::server
