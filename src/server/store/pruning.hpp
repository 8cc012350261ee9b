// Forgetting, a little at a time: what rooms and people are to keep no longer, and what is left of who has
// gone.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/ids.hpp"
#include "server/room/message.hpp"

namespace partyline::store {

/// Does so much of it that nobody waits long, and says whether there is more: then it is to be called
/// again, in another transaction. Throws SQLite::Exception.
using Slice = std::move_only_function<bool(SQLite::Database&)>;

/// What is older, or more, than is to be kept in this room, as long as the room is to keep just that: others change
/// it in between, and what is said from then on is to stay.
[[nodiscard]] Slice prune_room(ChannelId channel, const room::Retention& retention,
                               std::int64_t now_unix_ms);
/// Direct messages that are older than so many days (0: none are), and conversations that are left
/// without any.
[[nodiscard]] Slice prune_letters(std::uint32_t days, std::int64_t now_unix_ms);
/// What was said in those of these rooms that are gone.
[[nodiscard]] Slice drop_texts(std::vector<ChannelId> channels);
/// What guests have read who have not come back for guest_markers_days_max, and what is left of rooms
/// and accounts that are gone.
[[nodiscard]] Slice sweep(std::int64_t now_unix_ms);

}  // namespace partyline::store
