// The table of messages: each function is one statement or two. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/store/store.hpp"

namespace partyline::store {

/// One connection's; one thread.
class Messages {
public:
    explicit Messages(SQLite::Database& database) : database_(database) {}

    room::AcceptedText append(const room::Message& message);
    /// Whether there was such a message, undeleted.
    bool edit(const MessageEdit& edit);
    bool erase(MessageId id, std::int64_t unix_ms);

    [[nodiscard]] std::optional<room::Message> find(MessageId id);
    [[nodiscard]] HistoryPage history(const HistoryQuery& query);
    [[nodiscard]] HistoryPage direct(const DirectQuery& query);

    /// The highest id that was set aside, or given to a message.
    [[nodiscard]] MessageId last_id();
    void set_last_id(MessageId id);

private:
    HistoryPage page_of(SQLite::Statement& rows, std::size_t messages_max);

    SQLite::Database& database_;
};

}  // namespace partyline::store
