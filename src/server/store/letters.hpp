// The tables of direct messages, mentions and read markers: who said what to whom is in the table of
// messages, the rest is here. Throws SQLite::Exception.
//
// A device that is linked to an account is the account, whatever the caller still takes it for.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

class RoomCounter;

/// Where a direct message stands.
struct Place {
    std::int64_t conversation = 0;
    bool by_first = false;  // by who began the conversation
};
/// Begins the conversation if there is none; `message` becomes its newest.
Place take_place(SQLite::Database& database, const room::Message& message);
/// Whom a message in that place is from and to.
room::Direct direct_in(SQLite::Database& database, const Place& place);
/// Zero if there is none.
std::int64_t find_conversation(SQLite::Database& database, const room::Person& one,
                               const room::Person& other);

/// In place of what this message mentioned before.
void set_mentions(SQLite::Database& database, MessageId message,
                  std::span<const room::Person> people);

void mark_read(SQLite::Database& database, std::span<const ReadMarker> markers);

/// What is unread, counted little by little, as there may be much to look at.
class UnreadCount {
public:
    explicit UnreadCount(UnreadQuery query) : query_(std::move(query)) {}

    /// So many rooms and conversations of it that nobody waits long. Whether there are more. `rooms` is
    /// made with the first room that needs it.
    bool count_some(SQLite::Database& database, std::optional<RoomCounter>& rooms);
    [[nodiscard]] Unread take() { return std::move(unread_); }

private:
    struct Conversing {
        std::int64_t conversation = 0;
        bool is_first = false;
        bool alone = false;  // with oneself
        ConversationState state;
    };

    bool count_next(SQLite::Database& database, std::optional<RoomCounter>& rooms);
    void find_people(SQLite::Database& database);
    void count_person(SQLite::Database& database, const Conversing& one);

    const UnreadQuery query_;
    bool begun_ = false;
    Bytes who_;
    std::vector<Conversing> people_;
    Unread unread_;  // as far as it is counted
};

/// What a guest wrote, got and read with this device is the account's from now on.
void hand_over_letters(SQLite::Database& database, const room::Identity& from, AccountId to);
/// Nobody reads for this account any more.
void drop_reader(SQLite::Database& database, AccountId account);

}  // namespace partyline::store
