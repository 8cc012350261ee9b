// The room where those go who have done nothing for long: whether there is such a room.
#pragma once

#include "base/error.hpp"
#include "server/config/config.hpp"
#include "server/room/directory.hpp"

namespace partyline::server {

/// Fails with config, naming the key of the file, when `config` wants a room that is not in
/// `rooms`.
Result<void> check_away_room(const config::Config& config, const room::Directory& rooms);

/// The same of a file that is read while a server runs: whether there will be such a room once the
/// server that `started` as the old file said starts again as this one says. `rooms` are there now.
Result<void> check_away_room(const config::Config& config, const config::Config& started,
                             const room::Directory& rooms);

}  // namespace partyline::server
