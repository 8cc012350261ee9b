#include "server/store/letters.hpp"

#include <SQLiteCpp/Transaction.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "server/store/limits.hpp"
#include "server/store/people.hpp"
#include "server/store/room_counter.hpp"
#include "server/store/statement.hpp"

namespace partyline::store {
namespace {

// --- conversations -------------------------------------------------------------------------------

struct Conversation {
    std::int64_t id = 0;
    Bytes first;
    Bytes second;
};

std::optional<Conversation> conversation_of(SQLite::Database& database, const Bytes& one,
                                            const Bytes& other) {
    std::optional<Conversation> found;
    for_rows(
        database,
        "SELECT id, first, second FROM conversation "
        "WHERE min(first, second) = min(?1, ?2) AND max(first, second) = max(?1, ?2)",
        [&](Row row) {
            found.emplace();
            found->id = row.number<std::int64_t>();
            found->first = row.bytes();
            found->second = row.bytes();
        },
        ByteView(one), ByteView(other));
    return found;
}

// Of the newest alone, so that counting never takes long, whatever one has written oneself since.
constexpr auto count_of_conversation =
    "SELECT count(*) FROM (SELECT 1 FROM (SELECT by_first, deleted FROM message "
    "WHERE conversation = ? AND conversation <> 0 AND id > ? ORDER BY id DESC LIMIT ?) "
    "WHERE by_first = ? AND deleted = 0 LIMIT ?)";

constexpr auto states_of =
    "SELECT id, 1, second, second_name, first_read, last, first = second FROM conversation "
    "WHERE first = ?1 UNION ALL "
    "SELECT id, 0, first, first_name, second_read, last, 0 FROM conversation "
    "WHERE second = ?1 AND first <> ?1 ORDER BY last DESC LIMIT ?2";
constexpr auto state_of =
    "SELECT id, first = ?1, CASE WHEN first = ?1 THEN second ELSE first END, "
    "CASE WHEN first = ?1 THEN second_name ELSE first_name END, "
    "CASE WHEN first = ?1 THEN first_read ELSE second_read END, last, first = second "
    "FROM conversation WHERE id = ?2";

// --- handing over --------------------------------------------------------------------------------

/// `from` becomes `into`, which is between the same two people by now.
void merge(SQLite::Database& database, const Conversation& from, const Conversation& into) {
    const bool turned = from.first != into.first;
    run(database,
        turned ? "UPDATE message SET conversation = ?, by_first = 1 - by_first "
                 "WHERE conversation = ? AND conversation <> 0"
               : "UPDATE message SET conversation = ? "
                 "WHERE conversation = ? AND conversation <> 0",
        into.id, from.id);
    run(database,
        "UPDATE conversation SET first_read = max(conversation.first_read, it.first_read), "
        "second_read = max(conversation.second_read, it.second_read), "
        "last = max(conversation.last, it.last) FROM (SELECT "
        "CASE WHEN ?1 THEN second_read ELSE first_read END AS first_read, "
        "CASE WHEN ?1 THEN first_read ELSE second_read END AS second_read, "
        "last FROM conversation WHERE id = ?2) AS it WHERE conversation.id = ?3",
        turned, from.id, into.id);
    run(database, "DELETE FROM conversation WHERE id = ?", from.id);
}

void rename(SQLite::Database& database, Conversation conversation, const Bytes& from,
            const Bytes& to) {
    const auto renamed = [&](const Bytes& key) { return key == from ? to : key; };
    conversation.first = renamed(conversation.first);
    conversation.second = renamed(conversation.second);
    if (const auto there = conversation_of(database, conversation.first, conversation.second);
        there && there->id != conversation.id) {
        merge(database, conversation, *there);
    } else {
        run(database, "UPDATE conversation SET first = ?, second = ? WHERE id = ?",
            ByteView(conversation.first), ByteView(conversation.second), conversation.id);
    }
    if (conversation.first == conversation.second) {
        // What both of one person's devices said to each other: notes to oneself.
        run(database,
            "UPDATE message SET by_first = 1 WHERE conversation <> 0 AND conversation = "
            "(SELECT id FROM conversation WHERE first = ?1 AND second = ?1)",
            ByteView(to));
    }
}

}  // namespace

// --- direct messages -----------------------------------------------------------------------------

std::int64_t find_conversation(SQLite::Database& database, const room::Person& one,
                               const room::Person& other) {
    const auto found = conversation_of(database, key_of(database, one), key_of(database, other));
    return found ? found->id : 0;
}

Place take_place(SQLite::Database& database, const room::Message& message) {
    const auto& direct = *message.direct;
    const auto from = key_of(database, direct.from);
    const auto to = key_of(database, direct.to);
    if (const auto there = conversation_of(database, from, to)) {
        const bool by_first = there->first == from;
        run(database,
            by_first ? "UPDATE conversation SET first_name = ?, second_name = ?, last = ? "
                       "WHERE id = ?"
                     : "UPDATE conversation SET second_name = ?, first_name = ?, last = ? "
                       "WHERE id = ?",
            message.author_name, direct.to_name, message.id.value, there->id);
        return {.conversation = there->id, .by_first = by_first};
    }
    run(database,
        "INSERT INTO conversation(first, second, first_name, second_name, first_read, second_read, "
        "last) VALUES (?, ?, ?, ?, 0, 0, ?)",
        ByteView(from), ByteView(to), message.author_name, direct.to_name, message.id.value);
    return {.conversation = database.getLastInsertRowid(), .by_first = true};
}

room::Direct direct_in(SQLite::Database& database, const Place& place) {
    room::Direct direct;
    for_rows(
        database, "SELECT first, second, first_name, second_name FROM conversation WHERE id = ?",
        [&](Row row) {
            direct.from = person_of(row.bytes());
            direct.to = person_of(row.bytes());
            if (place.by_first) {
                row.skip();
                direct.to_name = row.text();
            } else {
                std::swap(direct.from, direct.to);
                direct.to_name = row.text();
            }
        },
        place.conversation);
    return direct;
}

// --- mentions ------------------------------------------------------------------------------------

void set_mentions(SQLite::Database& database, MessageId message,
                  std::span<const room::Person> people) {
    run(database, "DELETE FROM mention WHERE message = ?", message.value);
    for (const auto& person : people) {
        run(database,
            "INSERT OR IGNORE INTO mention SELECT ?, channel, id FROM message WHERE id = ?",
            ByteView(key_of(database, person)), message.value);
    }
}

// --- markers -------------------------------------------------------------------------------------

void mark_read(SQLite::Database& database, std::span<const ReadMarker> markers) {
    for (const auto& marker : markers) {
        const auto who = key_of(database, marker.who);
        if (marker.with) {
            const auto with = key_of(database, *marker.with);
            if (const auto there = conversation_of(database, who, with)) {
                run(database,
                    "UPDATE conversation SET "
                    "first_read = CASE WHEN first = ?1 THEN max(first_read, ?2) ELSE first_read "
                    "END, "
                    "second_read = CASE WHEN second = ?1 THEN max(second_read, ?2) "
                    "ELSE second_read END WHERE id = ?3",
                    ByteView(who), marker.to.value, there->id);
            }
            continue;
        }
        // Where one begins to be counted is set once; how far one has read only grows. That it was
        // asked for again keeps it from being forgotten.
        run(database,
            "INSERT INTO read_marker VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
            "message = CASE channel WHEN 0 THEN message ELSE max(message, excluded.message) END, "
            "unix_ms = max(unix_ms, excluded.unix_ms)",
            ByteView(who), marker.channel.value, marker.to.value, marker.unix_ms);
    }
}

bool UnreadCount::count_some(SQLite::Database& database, std::optional<RoomCounter>& rooms) {
    // One look at the database for all of them, not one for each statement.
    SQLite::Transaction transaction(database);
    const bool more = count_next(database, rooms);
    transaction.commit();
    return more;
}

bool UnreadCount::count_next(SQLite::Database& database, std::optional<RoomCounter>& rooms) {
    if (!begun_) {
        begun_ = true;
        who_ = key_of(database, query_.who);
        find_people(database);
    }
    for (std::size_t i = 0; i < counted_at_once; ++i) {
        if (unread_.rooms.size() < query_.rooms.size()) {
            if (!rooms) {
                rooms.emplace(database);
            }
            unread_.rooms.push_back(rooms->count(who_, query_.rooms[unread_.rooms.size()]));
        } else if (unread_.people.size() < people_.size()) {
            count_person(database, people_[unread_.people.size()]);
        } else {
            return false;
        }
    }
    return unread_.rooms.size() < query_.rooms.size() || unread_.people.size() < people_.size();
}

void UnreadCount::find_people(SQLite::Database& database) {
    // As one of the two sees it.
    const auto add = [this](Row row) {
        auto& one = people_.emplace_back();
        one.conversation = row.number<std::int64_t>();
        one.is_first = row.flag();
        one.state.with = person_of(row.bytes());
        one.state.name = row.text();
        one.state.read_to = row.id<MessageId>();
        one.state.last = row.id<MessageId>();
        one.alone = row.flag();
    };
    if (query_.with) {
        const auto there = conversation_of(database, who_, key_of(database, *query_.with));
        for_rows(database, state_of, add, ByteView(who_), there ? there->id : 0);
    } else if (query_.people_max > 0) {
        for_rows(database, states_of, add, ByteView(who_), query_.people_max);
    }
}

void UnreadCount::count_person(SQLite::Database& database, const Conversing& one) {
    auto& state = unread_.people.emplace_back(one.state);
    if (!one.alone) {
        for_rows(
            database, count_of_conversation,
            [&](Row row) { state.unread = row.number<std::uint32_t>(); }, one.conversation,
            state.read_to.value, unread_looked_at_max, !one.is_first, unread_counted_max);
    }
}

// --- people who become others --------------------------------------------------------------------

void hand_over_letters(SQLite::Database& database, const room::Identity& from, AccountId to) {
    const Bytes old(from.begin(), from.end());
    const auto key = key_of(to);
    std::vector<Conversation> theirs;
    for_rows(
        database, "SELECT id, first, second FROM conversation WHERE first = ?1 OR second = ?1",
        [&](Row row) {
            auto& one = theirs.emplace_back();
            one.id = row.number<std::int64_t>();
            one.first = row.bytes();
            one.second = row.bytes();
        },
        ByteView(old));
    for (const auto& conversation : theirs) {
        rename(database, conversation, old, key);
    }
    // Nothing that the account has not seen counts as read because the guest came later.
    run(database,
        "INSERT INTO read_marker SELECT ?2, channel, message, unix_ms FROM read_marker "
        "WHERE person = ?1 ON CONFLICT DO UPDATE SET message = CASE channel "
        "WHEN 0 THEN min(message, excluded.message) ELSE max(message, excluded.message) END",
        ByteView(old), ByteView(key));
    run(database,
        "INSERT OR IGNORE INTO mention SELECT ?2, channel, message FROM mention WHERE person = ?1",
        ByteView(old), ByteView(key));
    run(database, "DELETE FROM read_marker WHERE person = ?", ByteView(old));
    run(database, "DELETE FROM mention WHERE person = ?", ByteView(old));
}

void drop_reader(SQLite::Database& database, AccountId account) {
    const auto key = key_of(account);
    run(database, "DELETE FROM read_marker WHERE person = ?", ByteView(key));
    run(database, "DELETE FROM mention WHERE person = ?", ByteView(key));
}

}  // namespace partyline::store
