#include "server/store/database.hpp"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "server/store/limits.hpp"
#include "server/store/statement.hpp"

namespace partyline::store {
namespace {

/// What the owner can do about it, where SQLite's own words do not say so.
std::string_view advice(int code) {
    switch (code & 0xFF) {
        case SQLITE_FULL: return "; make room on its disk";
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN: return "; is its disk full, read-only or broken?";
        case SQLITE_READONLY: return "; may this user write it?";
        case SQLITE_BUSY: return "; end the other program that holds it, or wait for it";
        default: return "";
    }
}

std::unexpected<Error> cannot(const std::filesystem::path& path, std::string_view what,
                              const SQLite::Exception& error) {
    return fail(ErrorCode::io, std::format("{}: {}: {}{}", path.string(), what, error.what(),
                                           advice(error.getErrorCode())));
}

SQLite::Database connect(const std::filesystem::path& path, int flags) {
    SQLite::Database database(path.string(), flags, static_cast<int>(busy_wait_max.count()));
    // Durable means that it is there after the power has gone.
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    // What is deleted is overwritten, not just forgotten.
    database.exec("PRAGMA secure_delete = ON");
    return database;
}

constexpr const char* check_of_all = "PRAGMA quick_check(1)";

std::optional<std::string> first_complaint(SQLite::Database& database, const std::string& check) {
    SQLite::Statement checking(database, check);
    checking.executeStep();
    auto complaint = checking.getColumn(0).getString();
    return complaint == "ok" ? std::nullopt : std::optional(std::move(complaint));
}

std::string damaged(const std::filesystem::path& path, std::string_view complaint) {
    return std::format("{} is damaged ({}); put a backup in its place.", path.string(), complaint);
}

bool tells_of_damage(const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xFF;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/// One for each table: for the list of them, which has the free pages with it, first.
std::vector<std::string> checks_of_tables(SQLite::Database& database) {
    std::vector<std::string> checks{"PRAGMA quick_check('sqlite_schema')"};
    for_rows(database,
             "SELECT 'PRAGMA quick_check(' || quote(name) || ')' FROM sqlite_schema "
             "WHERE type = 'table'",
             [&](Row row) { checks.push_back(row.text()); });
    return checks;
}

void copy_beside(SQLite::Database& database, const std::filesystem::path& path, int version) {
    const auto copy = std::format("{}.before-{}", path.string(), version + 1);
    std::filesystem::remove(copy);
    if (const auto failure = make_private_file(copy)) {
        throw std::filesystem::filesystem_error("cannot be made", copy, failure);
    }
    SQLite::Statement vacuum(database, "VACUUM INTO ?");
    vacuum.bind(1, copy);
    vacuum.exec();
}

void migrate(SQLite::Database& database, std::span<const Migration> migrations, int version) {
    SQLite::Transaction all(database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& migration : migrations.subspan(static_cast<std::size_t>(version))) {
        database.exec(std::string(migration.sql));
    }
    database.exec(std::format("PRAGMA user_version = {}", migrations.size()));
    all.commit();
}

}  // namespace

// SQLite gives its journal the same.
void keep_private(const std::filesystem::path& path) {
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::error_code make_private_file(const std::filesystem::path& path) {
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return {errno, std::generic_category()};
    }
    ::close(file);
    return {};
}

bool is_large(const std::filesystem::path& path, std::uintmax_t bytes_max) {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path, missing);
    return !missing && bytes > bytes_max;
}

Result<SQLite::Database> open_database(const std::filesystem::path& path,
                                       std::span<const Migration> migrations,
                                       std::uintmax_t checked_bytes_max) {
    try {
        const bool large = is_large(path, checked_bytes_max);
        // Where it is there already, or cannot be made, SQLite goes on.
        std::ignore = make_private_file(path);
        auto database = connect(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        keep_private(path);
        const int version = database.execAndGet("PRAGMA user_version").getInt();
        if (!large || std::cmp_less(version, migrations.size())) {
            if (const auto complaint = first_complaint(database, check_of_all)) {
                return fail(ErrorCode::io, damaged(path, *complaint));
            }
        }
        if (std::cmp_greater(version, migrations.size())) {
            return fail(ErrorCode::config,
                        std::format("{} was written by a newer version of Partyline (schema {}, "
                                    "this one knows {}); install that version.",
                                    path.string(), version, migrations.size()));
        }
        database.exec("PRAGMA journal_mode = WAL");
        if (std::cmp_less(version, migrations.size())) {
            if (version > 0) {
                copy_beside(database, path, version);
            }
            migrate(database, migrations, version);
        }
        return database;
    } catch (const SQLite::Exception& error) {
        return cannot(path, "cannot be opened", error);
    } catch (const std::filesystem::filesystem_error& error) {
        return fail(ErrorCode::io, error.what());
    }
}

Result<SQLite::Database> open_reader(const std::filesystem::path& path) {
    try {
        return connect(path, SQLite::OPEN_READONLY);
    } catch (const SQLite::Exception& error) {
        return cannot(path, "cannot be read", error);
    }
}

Result<std::optional<std::string>> find_damage(const std::filesystem::path& path,
                                               std::stop_token stop,
                                               std::uintmax_t at_once_bytes_max,
                                               const std::function<void()>& between_tables) {
    constexpr int steps_at_once = 1'000;
    try {
        auto database = connect(path, SQLite::OPEN_READONLY);
        sqlite3_progress_handler(
            database.getHandle(), steps_at_once,
            [](void* token) {
                return static_cast<const std::stop_token*>(token)->stop_requested() ? 1 : 0;
            },
            &stop);
        const auto checks = is_large(path, at_once_bytes_max)
                                ? checks_of_tables(database)
                                : std::vector<std::string>{check_of_all};
        for (const auto& check : checks) {
            const auto complaint = first_complaint(database, check);
            if (stop.stop_requested()) {
                return std::nullopt;
            }
            if (complaint) {
                return damaged(path, *complaint);
            }
            between_tables();
        }
        return std::nullopt;
    } catch (const SQLite::Exception& error) {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        if (tells_of_damage(error)) {
            return damaged(path, error.what());
        }
        return cannot(path, "cannot be read to its end", error);
    }
}

Error store_error(const std::exception& error, const SQLite::Database& database) {
    const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&error);
    const auto code = sqlite == nullptr ? SQLITE_ERROR : sqlite->getErrorCode() & 0xFF;
    std::string_view why = "its database failed";
    switch (code) {
        case SQLITE_FULL: why = "its disk is full"; break;
        case SQLITE_READONLY: why = "its disk is read-only"; break;
        case SQLITE_IOERR:
            // Only the system says why; a disk that has failed is often read-only from then on.
            why = sqlite3_system_errno(database.getHandle()) == EROFS
                      ? "its disk has become read-only"
                      : "its disk failed, or is full";
            break;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: why = "its database is damaged"; break;
        default: break;
    }
    return {
        .code = ErrorCode::store_failed,
        .message = std::format("The server could not keep that: {}. Its owner should know.", why)};
}

}  // namespace partyline::store
