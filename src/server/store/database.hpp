// SQLite as we open it, and how its failures are told.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "server/store/limits.hpp"

namespace partyline::store {

/// From version n to n + 1, n being its place in the list. Never changed once released.
struct Migration {
    std::string_view sql;
};

/// Opens or makes the database, checks that it is whole, unless it is larger than that and of this
/// version already, and brings it to the version that `migrations` end with. All of them succeed or none
/// does; before the first, a database that holds something is copied beside itself as
/// "NAME.before-VERSION". Fails with io or config, saying which file: unreadable, damaged, made by a newer
/// program, or a migration that failed.
Result<SQLite::Database> open_database(
    const std::filesystem::path& path, std::span<const Migration> migrations,
    std::uintmax_t checked_bytes_max = checked_at_start_bytes_max);

/// Whether it is larger than that.
[[nodiscard]] bool is_large(const std::filesystem::path& path, std::uintmax_t bytes_max);

/// Looks on a connection of its own for what is damaged, and says it for the owner; nothing of a database that is
/// whole, or once it is asked to stop. A larger one than that it looks at table by table, as the journal grows for
/// as long as it holds what the database was like: there it does not see what only all tables together show, that two
/// of them have the same page. `between_tables` is a test's own. Fails with io when it cannot look at all of it, which
/// says nothing of damage.
Result<std::optional<std::string>> find_damage(
    const std::filesystem::path& path, std::stop_token stop,
    std::uintmax_t at_once_bytes_max = checked_at_start_bytes_max,
    const std::function<void()>& between_tables = [] {});

/// A second connection, for reading.
Result<SQLite::Database> open_reader(const std::filesystem::path& path);

/// Readable and writable by its owner only: what people said is nobody else's.
void keep_private(const std::filesystem::path& path);

/// Makes an empty file that is so before anybody can open it; whoever has a file open reads what it gets later.
/// Fails where something has that name already.
[[nodiscard]] std::error_code make_private_file(const std::filesystem::path& path);

/// What went wrong, for the person whose message was not kept; `database` is where.
Error store_error(const std::exception& error, const SQLite::Database& database);

}  // namespace partyline::store
