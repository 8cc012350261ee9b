#include "server/store/messages.hpp"

#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cstring>

#include "server/store/letters.hpp"

namespace partyline::store {
namespace {

// SQLite knows signed numbers only; all of ours fit, or come back bit by bit.
std::int64_t to_sql(std::uint64_t number) { return static_cast<std::int64_t>(number); }

constexpr auto columns =
    "SELECT id, channel, author, author_name, text, nonce, unix_ms, edited_unix_ms, deleted, "
    "conversation, by_first, account FROM message ";

std::string select(std::string_view where) { return columns + std::string(where); }

room::Message read_row(SQLite::Database& database, SQLite::Statement& row) {
    room::Message message{
        .id = MessageId{static_cast<std::uint64_t>(row.getColumn(0).getInt64())},
        .channel = ChannelId{row.getColumn(1).getUInt()},
        .author_name = row.getColumn(3).getString(),
        .text = row.getColumn(4).getString(),
        .nonce = static_cast<std::uint64_t>(row.getColumn(5).getInt64()),
        .unix_ms = row.getColumn(6).getInt64(),
        .edited_unix_ms = row.getColumn(7).getInt64(),
        .deleted = row.getColumn(8).getInt() != 0,
    };
    message.account = AccountId{static_cast<std::uint64_t>(row.getColumn(11).getInt64())};
    const auto author = row.getColumn(2);
    std::memcpy(message.author.data(), author.getBlob(),
                std::min(message.author.size(), static_cast<std::size_t>(author.getBytes())));
    if (const Place place{.conversation = row.getColumn(9).getInt64(),
                          .by_first = row.getColumn(10).getInt() != 0};
        place.conversation != 0) {
        message.direct = direct_in(database, place);
    }
    return message;
}

}  // namespace

room::AcceptedText Messages::append(const room::Message& message) {
    if (message.nonce != 0) {
        SQLite::Statement before(database_,
                                 "SELECT id, unix_ms FROM message WHERE author = ? AND nonce = ?");
        before.bind(1, message.author.data(), static_cast<int>(message.author.size()));
        before.bind(2, to_sql(message.nonce));
        if (before.executeStep()) {
            return {.id = MessageId{static_cast<std::uint64_t>(before.getColumn(0).getInt64())},
                    .unix_ms = before.getColumn(1).getInt64()};
        }
    }
    const auto place = message.direct ? take_place(database_, message) : Place{};
    SQLite::Statement insert(database_,
                             "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)");
    insert.bind(1, to_sql(message.id.value));
    insert.bind(2, message.channel.value);
    insert.bind(3, message.author.data(), static_cast<int>(message.author.size()));
    insert.bind(4, message.author_name);
    insert.bind(5, message.text);
    if (message.nonce != 0) {
        insert.bind(6, to_sql(message.nonce));
    }
    insert.bind(7, message.unix_ms);
    insert.bind(8, place.conversation);
    insert.bind(9, place.by_first ? 1 : 0);
    insert.bind(10, to_sql(message.account.value));
    insert.exec();
    if (!message.mentions.empty()) {
        set_mentions(database_, message.id, message.mentions);
    }
    return {.id = message.id, .unix_ms = message.unix_ms};
}

bool Messages::edit(const MessageEdit& edit) {
    SQLite::Statement update(
        database_, "UPDATE message SET text = ?, edited_unix_ms = ? WHERE id = ? AND deleted = 0");
    update.bind(1, edit.text);
    update.bind(2, edit.unix_ms);
    update.bind(3, to_sql(edit.id.value));
    const bool found = update.exec() > 0;
    if (found) {
        set_mentions(database_, edit.id, edit.mentions);
    }
    return found;
}

bool Messages::erase(MessageId id, std::int64_t unix_ms) {
    SQLite::Statement update(database_,
                             "UPDATE message SET text = '', edited_unix_ms = ?, deleted = 1 "
                             "WHERE id = ? AND deleted = 0");
    update.bind(1, unix_ms);
    update.bind(2, to_sql(id.value));
    const bool found = update.exec() > 0;
    if (found) {
        set_mentions(database_, id, {});
    }
    return found;
}

std::optional<room::Message> Messages::find(MessageId id) {
    SQLite::Statement row(database_, select("WHERE id = ?"));
    row.bind(1, to_sql(id.value));
    return row.executeStep() ? std::optional(read_row(database_, row)) : std::nullopt;
}

HistoryPage Messages::history(const HistoryQuery& query) {
    SQLite::Statement rows(
        database_, select("WHERE channel = ?1 AND (?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3"));
    rows.bind(1, query.channel.value);
    rows.bind(2, to_sql(query.before.value));
    rows.bind(3, to_sql(query.messages_max + 1));
    return page_of(rows, query.messages_max);
}

HistoryPage Messages::direct(const DirectQuery& query) {
    SQLite::Statement rows(database_, select("WHERE conversation = ?1 AND conversation <> 0 AND "
                                             "(?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3"));
    rows.bind(1, find_conversation(database_, query.one, query.other));
    rows.bind(2, to_sql(query.before.value));
    rows.bind(3, to_sql(query.messages_max + 1));
    return page_of(rows, query.messages_max);
}

HistoryPage Messages::page_of(SQLite::Statement& rows, std::size_t messages_max) {
    HistoryPage page;
    while (rows.executeStep()) {
        if (page.messages.size() == messages_max) {
            page.more = true;
            break;
        }
        page.messages.push_back(read_row(database_, rows));
    }
    std::ranges::reverse(page.messages);
    return page;
}

MessageId Messages::last_id() {
    SQLite::Statement last(database_,
                           "SELECT max((SELECT value FROM meta WHERE key = 'last_message'),"
                           "           (SELECT coalesce(max(id), 0) FROM message))");
    last.executeStep();
    return MessageId{static_cast<std::uint64_t>(last.getColumn(0).getInt64())};
}

void Messages::set_last_id(MessageId id) {
    SQLite::Statement update(database_, "UPDATE meta SET value = ? WHERE key = 'last_message'");
    update.bind(1, to_sql(id.value));
    update.exec();
}

}  // namespace partyline::store
