// What the next start will make of a database, without touching it.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "server/room/records.hpp"

namespace partyline::store {

/// Of the records only the rooms, as a start with these in its file would settle them, and the known
/// away room. The database may be in use. Fails with io, or with config for one that a start has to
/// bring to our version first.
Result<room::Records> foresee_rooms(const std::filesystem::path& database,
                                    const std::vector<room::Channel>& of_file);

}  // namespace partyline::store
