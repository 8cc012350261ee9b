#include "server/store/room_counter.hpp"

#include <cstdint>

#include "server/store/limits.hpp"
#include "server/store/people.hpp"

namespace partyline::store {
namespace {

// Of the room itself, or of all that had no marker of their own when they were first asked for.
constexpr auto marker =
    "SELECT message FROM read_marker WHERE person = ?1 AND channel IN (?2, 0) "
    "ORDER BY channel DESC LIMIT 1";
constexpr auto texts_of_others =
    "SELECT count(*) FROM (SELECT 1 FROM (SELECT author, account, deleted FROM message "
    "WHERE channel = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?5) "
    "WHERE deleted = 0 AND CASE WHEN account <> 0 THEN account <> ?4 ELSE author <> ?3 AND "
    "author NOT IN (SELECT identity FROM device WHERE account = ?4) END LIMIT ?6)";
constexpr auto mentions =
    "SELECT count(*) FROM (SELECT 1 FROM mention WHERE person = ? "
    "AND channel = ? AND message > ? LIMIT ?)";

}  // namespace

RoomCounter::RoomCounter(SQLite::Database& database)
    : read_to_(database, marker),
      unread_(database, texts_of_others),
      mentions_(database, mentions) {}

RoomState RoomCounter::count(const Bytes& who, ChannelId channel) {
    RoomState state{.channel = channel};
    bool known = false;
    read_to_.for_rows(
        [&](Row row) {
            state.read_to = row.id<MessageId>();
            known = true;
        },
        ByteView(who), channel.value);
    if (known) {
        unread_.for_rows([&](Row row) { state.unread = row.number<std::uint32_t>(); },
                         channel.value, state.read_to.value, ByteView(who),
                         person_of(who).account.value, unread_looked_at_max, unread_counted_max);
        mentions_.for_rows([&](Row row) { state.mentions = row.number<std::uint32_t>(); },
                           ByteView(who), channel.value, state.read_to.value, unread_counted_max);
    }
    return state;
}

}  // namespace partyline::store
