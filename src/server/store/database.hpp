// SQLite as we open it, and how its failures are told.
#pragma once

#include <SQLiteCpp/Database.h>

#include <exception>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace partyline::store {

/// From version n to n + 1, n being its place in the list. Never changed once released.
struct Migration {
    std::string_view sql;
};

/// Opens or makes the database, checks that it is whole, and brings it to the version that
/// `migrations` end with. All of them succeed or none does; before the first, a database that holds
/// something is copied beside itself as "NAME.before-VERSION". Fails with io or config, saying which
/// file: unreadable, damaged, made by a newer program, or a migration that failed.
Result<SQLite::Database> open_database(const std::filesystem::path& path,
                                       std::span<const Migration> migrations);

/// A second connection, for reading.
Result<SQLite::Database> open_reader(const std::filesystem::path& path);

/// Readable and writable by its owner only: what people said is nobody else's.
void keep_private(const std::filesystem::path& path);

/// What went wrong, for the person whose message was not kept; `database` is where.
Error store_error(const std::exception& error, const SQLite::Database& database);

}  // namespace partyline::store
