// The tables of what a switchboard remembers. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string>

#include "server/room/records.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

/// At each start: built-in roles that are not there yet.
void add_built_in_roles(SQLite::Database& database);
/// Whether that has been done, by whatever version.
bool has_built_in_roles(SQLite::Database& database);
/// All but `last_message`, which is the messages' own.
room::Records read_records(SQLite::Database& database);
/// Records::known_away_room alone.
std::string read_known_away_room(SQLite::Database& database);
/// In a transaction, which is to come to nothing if this throws.
void apply_changes(SQLite::Database& database, const room::Changes& changes);
AuditPage read_audit(SQLite::Database& database, const AuditQuery& query);

}  // namespace partyline::store
