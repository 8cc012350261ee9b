// SQL statements with values in place of the question marks. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace partyline::store {

// SQLite knows signed numbers only; all of ours fit, or come back bit by bit.
template <std::integral Number>
void bind(SQLite::Statement& statement, int at, Number number) {
    statement.bind(at, static_cast<std::int64_t>(number));
}
inline void bind(SQLite::Statement& statement, int at, const std::string& text) {
    statement.bind(at, text);
}
inline void bind(SQLite::Statement& statement, int at, ByteView blob) {
    statement.bind(at, blob.data(), static_cast<int>(blob.size()));
}
template <class Value>
void bind(SQLite::Statement& statement, int at, const std::optional<Value>& value) {
    if (value) {
        bind(statement, at, *value);
    } else {
        statement.bind(at);
    }
}

template <class... Values>
SQLite::Statement prepare(SQLite::Database& database, const char* sql, const Values&... values) {
    SQLite::Statement statement(database, sql);
    int at = 0;
    (bind(statement, ++at, values), ...);
    return statement;
}

template <class... Values>
void run(SQLite::Database& database, const char* sql, const Values&... values) {
    prepare(database, sql, values...).exec();
}

/// The same; how many rows it has changed.
template <class... Values>
std::size_t run_counting(SQLite::Database& database, const char* sql, const Values&... values) {
    return static_cast<std::size_t>(prepare(database, sql, values...).exec());
}

/// What a row says, column after column.
class Row {
public:
    explicit Row(SQLite::Statement& statement) : statement_(statement) {}

    template <std::integral Number>
    Number number() {
        return static_cast<Number>(statement_.getColumn(at_++).getInt64());
    }
    bool flag() { return number<int>() != 0; }
    template <class Id>
    Id id() {
        return Id{number<typename Id::number_type>()};
    }
    std::string text() { return statement_.getColumn(at_++).getString(); }
    /// Zeros where the column is shorter.
    template <class Array>
    Array array() {
        Array bytes{};
        const auto column = statement_.getColumn(at_++);
        if (column.getBytes() > 0) {
            std::memcpy(bytes.data(), column.getBlob(),
                        std::min(bytes.size(), static_cast<std::size_t>(column.getBytes())));
        }
        return bytes;
    }
    Bytes bytes() {
        const auto column = statement_.getColumn(at_++);
        const auto* begin = static_cast<const std::byte*>(column.getBlob());
        return begin == nullptr ? Bytes{} : Bytes(begin, begin + column.getBytes());
    }
    /// The next column is empty.
    [[nodiscard]] bool empty() const { return statement_.getColumn(at_).isNull(); }
    void skip() { ++at_; }

private:
    SQLite::Statement& statement_;
    int at_ = 0;
};

/// Calls `each(Row)` for every row.
template <class Each, class... Values>
void for_rows(SQLite::Database& database, const char* sql, Each each, const Values&... values) {
    auto rows = prepare(database, sql, values...);
    while (rows.executeStep()) {
        each(Row(rows));
    }
}

/// A question that is asked again and again: what it means is worked out once. Outlived by its database,
/// of which it holds nothing between two times.
class Prepared {
public:
    Prepared(SQLite::Database& database, const char* sql) : statement_(database, sql) {}

    /// Calls `each(Row)` for every row.
    template <class Each, class... Values>
    void for_rows(Each each, const Values&... values) {
        const Reset after{statement_};
        int at = 0;
        (bind(statement_, ++at, values), ...);
        while (statement_.executeStep()) {
            each(Row(statement_));
        }
    }

private:
    struct Reset {
        SQLite::Statement& statement;
        ~Reset() { statement.tryReset(); }
    };

    SQLite::Statement statement_;
};

}  // namespace partyline::store
