#include "server/store/foresight.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <array>
#include <cstdint>
#include <format>
#include <string>
#include <utility>

#include "server/store/channels.hpp"
#include "server/store/limits.hpp"
#include "server/store/places.hpp"
#include "server/store/records.hpp"
#include "server/store/schema.hpp"

namespace partyline::store {
namespace {

/// What rooms are made of, and how they are settled: little, however much was said in them.
constexpr std::array tables_of_rooms{"meta", "channel", "place", "known"};

void copy_column(const SQLite::Column& from, SQLite::Statement& to, int at) {
    if (from.isNull()) {
        to.bind(at);
    } else if (from.isInteger()) {
        to.bind(at, static_cast<std::int64_t>(from.getInt64()));
    } else {
        to.bind(at, from.getString());
    }
}

void copy_table(SQLite::Database& from, SQLite::Database& to, const std::string& table) {
    to.exec("DELETE FROM " + table);
    SQLite::Statement rows(from, "SELECT * FROM " + table);
    std::string marks = "?";
    for (int i = 1; i < rows.getColumnCount(); ++i) {
        marks += ", ?";
    }
    SQLite::Statement insert(to, std::format("INSERT INTO {} VALUES ({})", table, marks));
    while (rows.executeStep()) {
        for (int i = 0; i < rows.getColumnCount(); ++i) {
            copy_column(rows.getColumn(i), insert, i + 1);
        }
        insert.exec();
        insert.reset();
    }
}

}  // namespace

Result<room::Records> foresee_rooms(const std::filesystem::path& database,
                                    const std::vector<room::Channel>& of_file) {
    try {
        SQLite::Database from(database.string(), SQLite::OPEN_READONLY,
                              static_cast<int>(busy_wait_max.count()));
        SQLite::Transaction one_moment(from);
        const int version = from.execAndGet("PRAGMA user_version").getInt();
        if (std::cmp_not_equal(version, schema.size())) {
            const bool newer = std::cmp_greater(version, schema.size());
            return fail(ErrorCode::config,
                        std::format("{} is {}", database.string(),
                                    newer ? "of a newer version of Partyline"
                                          : "not of this version of Partyline yet; the next start "
                                            "brings it up to date"));
        }
        SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        for (const auto& migration : schema) {
            copy.exec(std::string(migration.sql));
        }
        for (const auto* table : tables_of_rooms) {
            copy_table(from, copy, table);
        }
        settle_rooms(copy, of_file);
        return room::Records{.channels = read_channels(copy),
                             .known_away_room = read_known_away_room(copy)};
    } catch (const SQLite::Exception& error) {
        return fail(ErrorCode::io,
                    std::format("{} cannot be read: {}", database.string(), error.what()));
    }
}

}  // namespace partyline::store
