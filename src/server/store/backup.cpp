#include "server/store/backup.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "server/store/database.hpp"
#include "server/store/limits.hpp"
#include "server/store/schema.hpp"

namespace partyline::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* make_table = R"sql(
    CREATE TABLE backup_file(name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT
)sql";

std::unexpected<Error> io_failure(const fs::path& path, std::string_view what,
                                  std::string_view why) {
    return fail(ErrorCode::io, std::format("{}: {}: {}", path.string(), what, why));
}

/// Gone again unless it gets its name.
class Draft {
public:
    explicit Draft(const fs::path& to) : to_(to), path_(to.string() + std::string(part_ending)) {}
    ~Draft() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] std::error_code publish() const { return store::publish(path_, to_); }

private:
    const fs::path to_;
    const fs::path path_;
};

SQLite::Database open(const fs::path& path, int flags) {
    SQLite::Database database(path.string(), flags, static_cast<int>(busy_wait_max.count()));
    database.exec("PRAGMA synchronous = FULL");
    return database;
}

void make_private(const fs::path& path) {
    try {
        keep_private(path);
    } catch (const fs::filesystem_error& error) {
        // The file is our own, so it is the disk that cannot: FAT, say.
        if (error.code() == std::errc::operation_not_permitted) {
            throw std::runtime_error(
                "this disk keeps no permissions, and nobody else may read the file; choose "
                "another, and copy it from there");
        }
        throw;
    }
}

/// As one moment has it, while others may write.
void copy_moment(const fs::path& from, const fs::path& to) {
    // Whatever else reads the folder: the copy is private from its first byte on.
    fs::remove(to);
    if (const auto failure = make_private_file(to)) {
        throw fs::filesystem_error("cannot be made", to, failure);
    }
    make_private(to);
    auto source = open(from, SQLite::OPEN_READONLY);
    SQLite::Statement vacuum(source, "VACUUM INTO ?");
    vacuum.bind(1, to.string());
    vacuum.exec();
}

/// To a new file, made whole or not at all, with `then` done to the copy.
Result<void> copy_to(const fs::path& from, const fs::path& to, std::string_view what,
                     const std::string& then) {
    Draft draft(to);
    try {
        copy_moment(from, draft.path());
        auto written = open(draft.path(), SQLite::OPEN_READWRITE);
        if (!then.empty()) {
            written.exec(then);
        }
    } catch (const std::exception& failure) {
        return io_failure(to, what, failure.what());
    }
    if (const auto failure = draft.publish()) {
        return io_failure(to, what, failure.message());
    }
    return {};
}

void add_files(SQLite::Database& database, std::span<const KeptFile> files) {
    SQLite::Transaction all(database);
    database.exec(make_table);
    SQLite::Statement insert(database, "INSERT INTO backup_file VALUES (?, ?)");
    for (const auto& file : files) {
        insert.bind(1, file.name);
        // Nothing at all would be NULL.
        const auto* const data =
            file.bytes.empty() ? static_cast<const void*>("") : file.bytes.data();
        insert.bind(2, data, static_cast<int>(file.bytes.size()));
        insert.exec();
        insert.reset();
    }
    all.commit();
}

Result<void> check_version(SQLite::Database& database, const fs::path& path) {
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (std::cmp_greater(version, schema.size())) {
        return fail(ErrorCode::config,
                    std::format("{} was written by a newer version of Partyline (schema {}, this "
                                "one knows {}); install that version.",
                                path.string(), version, schema.size()));
    }
    return {};
}

Result<void> check_open(SQLite::Database& database, const fs::path& path) {
    SQLite::Statement check(database, "PRAGMA quick_check(1)");
    check.executeStep();
    if (const auto complaint = check.getColumn(0).getString(); complaint != "ok") {
        return io_failure(path, "is damaged", complaint);
    }
    return check_version(database, path);
}

}  // namespace

std::error_code hard_link(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::create_hard_link(from, to, error);
    return error;
}

std::error_code publish(const fs::path& draft, const fs::path& to, Link link) {
    const auto error = link(draft, to);
    const bool has_no_links = error == std::errc::operation_not_permitted ||
                              error == std::errc::operation_not_supported ||
                              error == std::errc::function_not_supported;
    if (!has_no_links) {
        return error;
    }
    const bool renamed =
        renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
    return renamed ? std::error_code() : std::error_code(errno, std::generic_category());
}

Result<void> write_backup(const fs::path& database, std::span<const KeptFile> files,
                          const fs::path& to) {
    std::error_code error;
    if (fs::exists(to, error)) {
        return io_failure(to, "is there already", "nothing is replaced; choose another name");
    }
    if (const auto folder = fs::absolute(to).parent_path(); !fs::is_directory(folder, error)) {
        return io_failure(to, "the backup cannot be made",
                          std::format("there is no folder {}; make it first", folder.string()));
    }
    Draft draft(to);
    try {
        copy_moment(database, draft.path());
        auto written = open(draft.path(), SQLite::OPEN_READWRITE);
        add_files(written, files);
    } catch (const std::exception& failure) {
        return io_failure(to, "the backup cannot be made", failure.what());
    }
    if (const auto failure = draft.publish()) {
        return io_failure(to, "the backup cannot be made", failure.message());
    }
    return {};
}

Result<std::vector<KeptFile>> read_backup(const fs::path& from) {
    try {
        auto database = open(from, SQLite::OPEN_READONLY);
        if (!database.tableExists("backup_file")) {
            return io_failure(from, "is no backup of a switchboard", "it has no table of files");
        }
        if (const auto checked = check_open(database, from); !checked) {
            return std::unexpected(checked.error());
        }
        std::vector<KeptFile> files;
        SQLite::Statement all(database, "SELECT name, bytes FROM backup_file");
        while (all.executeStep()) {
            const auto column = all.getColumn(1);
            const auto* const data = static_cast<const std::byte*>(column.getBlob());
            files.push_back({.name = all.getColumn(0).getString(),
                             .bytes = Bytes(data, data + column.getBytes())});
        }
        return files;
    } catch (const SQLite::Exception& failure) {
        return io_failure(from, "cannot be read as a backup", failure.what());
    }
}

Result<void> copy_backup(const fs::path& from, const fs::path& to) {
    return copy_to(from, to, "the backup cannot be copied", {});
}

Result<void> extract_database(const fs::path& from, const fs::path& to) {
    return copy_to(from, to, "the database cannot be written", "DROP TABLE backup_file");
}

void fold_journal(const fs::path& database) {
    try {
        // Whoever is the last to close does it, and removes the two files.
        auto opened = open(database, SQLite::OPEN_READWRITE);
        opened.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const SQLite::Exception& failure) {
        log::warning("{}: its journal stays beside it: {}", database.string(), failure.what());
    }
}

Result<void> check_database(const fs::path& database) {
    const auto damage = find_damage(database, {});
    if (!damage) {
        return std::unexpected(damage.error());
    }
    if (*damage) {
        return fail(ErrorCode::io, **damage);
    }
    try {
        auto opened = open(database, SQLite::OPEN_READONLY);
        return check_version(opened, database);
    } catch (const SQLite::Exception& failure) {
        return io_failure(database, "cannot be read", failure.what());
    }
}

}  // namespace partyline::store
