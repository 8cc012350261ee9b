// What one person has not read in one room.
#pragma once

#include <SQLiteCpp/Database.h>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "server/store/statement.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

/// Whoever comes asks it of each room there is, and after a restart everybody comes: what it asks the
/// database is prepared once. One connection's, which outlives it; on the thread of that one.
class RoomCounter {
public:
    explicit RoomCounter(SQLite::Database& database);

    /// `who` is a key_of() of people.hpp. At most unread_counted_max, of the newest unread_looked_at_max.
    RoomState count(const Bytes& who, ChannelId channel);

private:
    Prepared read_to_;
    Prepared unread_;
    Prepared mentions_;
};

}  // namespace partyline::store
