#include "server/store/pruning.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "server/store/limits.hpp"
#include "server/store/people.hpp"
#include "server/store/statement.hpp"

namespace partyline::store {
namespace {

constexpr auto every_id = std::numeric_limits<std::int64_t>::max();

std::int64_t days_before(std::int64_t now_unix_ms, std::int64_t days) {
    return now_unix_ms - std::chrono::milliseconds(std::chrono::days(days)).count();
}

// --- texts ---------------------------------------------------------------------------------------

/// As many as go at once; says how many. When it is fewer, there are no more.
std::size_t drop_oldest(SQLite::Database& database, ChannelId channel,
                        std::int64_t up_to = every_id) {
    return run_counting(database,
                        "DELETE FROM message WHERE id IN (SELECT id FROM message "
                        "WHERE channel = ? AND id <= ? ORDER BY id LIMIT ?)",
                        channel.value, up_to, texts_pruned_at_once);
}

/// What is older, from the oldest on. Ids rise with time, but clocks are put right: some that seem younger
/// than those after them keep these from nothing. In no room (0) are the direct messages.
class AgePruning {
public:
    AgePruning(ChannelId channel, std::int64_t before_unix_ms)
        : channel_(channel), before_unix_ms_(before_unix_ms) {}

    bool operator()(SQLite::Database& database) {
        more_ = false;
        std::set<std::int64_t> conversations;
        for (const auto& text : find_some(database)) {
            run(database, "DELETE FROM message WHERE id = ?", text.id);
            conversations.insert(text.conversation);
        }
        conversations.erase(0);
        for (const auto conversation : conversations) {
            run(database,
                "DELETE FROM conversation WHERE id = ? AND NOT EXISTS (SELECT 1 FROM message "
                "WHERE message.conversation = conversation.id AND message.conversation <> 0)",
                conversation);
        }
        return more_;
    }

private:
    struct OldText {
        std::int64_t id = 0;
        std::int64_t conversation = 0;
    };

    std::vector<OldText> find_some(SQLite::Database& database) {
        auto rows =
            prepare(database,
                    "SELECT id, conversation, unix_ms FROM message WHERE channel = ? AND id > ? "
                    "ORDER BY id LIMIT ?",
                    channel_.value, looked_to_, rows_looked_at_once);
        std::vector<OldText> old;
        std::size_t looked_at = 0;
        while (old.size() < texts_pruned_at_once && rows.executeStep()) {
            ++looked_at;
            Row row(rows);
            OldText text;
            text.id = row.number<std::int64_t>();
            text.conversation = row.number<std::int64_t>();
            looked_to_ = text.id;
            if (row.number<std::int64_t>() < before_unix_ms_) {
                old.push_back(text);
            }
        }
        more_ = old.size() == texts_pruned_at_once || looked_at == rows_looked_at_once;
        return old;
    }

    const ChannelId channel_;
    const std::int64_t before_unix_ms_;
    std::int64_t looked_to_ = 0;
    bool more_ = false;
};

class RoomPruning {
public:
    RoomPruning(ChannelId channel, const room::Retention& retention, std::int64_t now_unix_ms)
        : channel_(channel),
          retention_(retention),
          old_(channel, days_before(now_unix_ms, retention.days)) {}

    bool operator()(SQLite::Database& database) {
        if (is_kept_otherwise(database)) {
            return false;
        }
        if (!retention_.keep) {
            return drop_oldest(database, channel_) == texts_pruned_at_once;
        }
        if (retention_.days > 0 && old_(database)) {
            return true;
        }
        if (retention_.bytes == 0) {
            return false;
        }
        return too_much_ ? drop_oldest(database, channel_, *too_much_) == texts_pruned_at_once
                         : weigh(database);
    }

private:
    /// By now: then what it is to keep is found the next time. Nothing says it of a room that is not here.
    [[nodiscard]] bool is_kept_otherwise(SQLite::Database& database) const {
        auto now = retention_;
        for_rows(
            database, "SELECT keep, keep_days, keep_bytes FROM channel WHERE id = ? AND away = 0",
            [&](Row row) {
                now.keep = row.flag();
                now.days = row.number<std::uint32_t>();
                now.bytes = row.number<std::uint64_t>();
            },
            channel_.value);
        return now != retention_;
    }

    /// From the newest back, to the one that weighs together with the newer ones more than is kept.
    bool weigh(SQLite::Database& database) {
        std::size_t looked_at = 0;
        for_rows(
            database,
            "SELECT id, octet_length(text) + ? FROM message WHERE channel = ? AND id < ? "
            "ORDER BY id DESC LIMIT ?",
            [&](Row row) {
                ++looked_at;
                if (!too_much_) {
                    weighed_to_ = row.number<std::int64_t>();
                    bytes_ += row.number<std::uint64_t>();
                }
                if (bytes_ > retention_.bytes && !too_much_) {
                    too_much_ = weighed_to_;
                }
            },
            message_weight_bytes, channel_.value, weighed_to_, rows_looked_at_once);
        return too_much_ || looked_at == rows_looked_at_once;
    }

    const ChannelId channel_;
    const room::Retention retention_;
    AgePruning old_;
    std::int64_t weighed_to_ = every_id;
    std::uint64_t bytes_ = 0;
    std::optional<std::int64_t> too_much_;  // this one, and all that are older
};

// --- what is left of who has gone ----------------------------------------------------------------

bool is_there(SQLite::Database& database, const char* sql, std::uint64_t id) {
    bool there = false;
    for_rows(database, sql, [&](Row) { there = true; }, id);
    return there;
}

bool is_room(SQLite::Database& database, ChannelId channel) {
    return is_there(database, "SELECT 1 FROM channel WHERE id = ?", channel.value);
}

/// An account that is deleted. Guests never are.
bool is_gone(SQLite::Database& database, const Bytes& person) {
    return person.size() == account_bytes &&
           !is_there(database, "SELECT 1 FROM account WHERE id = ?",
                     person_of(person).account.value);
}

/// Below every person: they are longer.
Bytes before_everybody() { return Bytes(1); }

/// What was on its way to the disk when its room or account went is found by nobody any more.
class Sweep {
public:
    explicit Sweep(std::int64_t now_unix_ms)
        : guests_before_unix_ms_(days_before(now_unix_ms, guest_markers_days_max)) {}

    bool operator()(SQLite::Database& database) {
        switch (stage_) {
            case Stage::rooms: return rooms(database) || go_on(Stage::markers);
            case Stage::markers: return markers(database) || go_on(Stage::mentions);
            case Stage::mentions: return mentions(database) || go_on(Stage::conversations);
            case Stage::conversations: return conversations(database);
        }
        return false;
    }

private:
    enum class Stage : std::uint8_t { rooms, markers, mentions, conversations };

    bool go_on(Stage stage) {
        stage_ = stage;
        after_ = before_everybody();
        return true;
    }

    bool rooms(SQLite::Database& database) {
        if (!gone_) {
            gone_ = find_gone(database);
        }
        if (gone_->empty()) {
            return false;
        }
        if (drop_oldest(database, gone_->back()) < texts_pruned_at_once) {
            gone_->pop_back();
        }
        return true;
    }

    /// From room to room along the index, whatever was said in each.
    static std::vector<ChannelId> find_gone(SQLite::Database& database) {
        std::vector<ChannelId> gone;
        for_rows(database,
                 "WITH RECURSIVE said_in(id) AS (SELECT min(channel) FROM message UNION ALL "
                 "SELECT (SELECT min(channel) FROM message WHERE channel > said_in.id) FROM "
                 "said_in WHERE said_in.id IS NOT NULL) "
                 "SELECT id FROM said_in WHERE id <> 0 AND id NOT IN (SELECT id FROM channel)",
                 [&](Row row) { gone.push_back(row.id<ChannelId>()); });
        return gone;
    }

    /// From person to person. All of a guest's markers together: without the newer ones the older
    /// would not be right.
    bool markers(SQLite::Database& database) {
        for (std::size_t looked_at = 0; looked_at < rows_looked_at_once;) {
            std::optional<Bytes> person;
            std::int64_t newest_unix_ms = 0;
            for_rows(
                database,
                "SELECT person, count(*), max(unix_ms) FROM read_marker WHERE person = "
                "(SELECT min(person) FROM read_marker WHERE person > ?) GROUP BY person",
                [&](Row row) {
                    person = row.bytes();
                    looked_at += row.number<std::size_t>();
                    newest_unix_ms = row.number<std::int64_t>();
                },
                ByteView(after_));
            if (!person) {
                return false;
            }
            after_ = *std::move(person);
            const bool guest = after_.size() > account_bytes;
            run(database,
                (guest && newest_unix_ms < guests_before_unix_ms_) || is_gone(database, after_)
                    ? "DELETE FROM read_marker WHERE person = ?"
                    : "DELETE FROM read_marker WHERE person = ? AND channel <> 0 AND "
                      "channel NOT IN (SELECT id FROM channel)",
                ByteView(after_));
        }
        return true;
    }

    bool mentions(SQLite::Database& database) {
        for (std::size_t looked_at = 0; looked_at < rows_looked_at_once; ++looked_at) {
            std::optional<Bytes> person;
            for_rows(
                database, "SELECT person FROM mention WHERE person > ? ORDER BY person LIMIT 1",
                [&](Row row) { person = row.bytes(); }, ByteView(after_));
            if (!person) {
                return false;
            }
            if (is_gone(database, *person)) {
                // Whoever has some left is found again.
                run(database,
                    "DELETE FROM mention WHERE person = ?1 AND (channel, message) IN "
                    "(SELECT channel, message FROM mention WHERE person = ?1 LIMIT ?2)",
                    ByteView(*person), texts_pruned_at_once);
                return true;
            }
            after_ = *std::move(person);
        }
        return true;
    }

    struct Conversation {
        std::int64_t id = 0;
        Bytes first;
        Bytes second;
    };

    /// Those between nobody.
    bool conversations(SQLite::Database& database) {
        std::vector<Conversation> some;
        for_rows(
            database, "SELECT id, first, second FROM conversation WHERE id > ? ORDER BY id LIMIT ?",
            [&](Row row) {
                auto& one = some.emplace_back();
                one.id = row.number<std::int64_t>();
                one.first = row.bytes();
                one.second = row.bytes();
            },
            last_conversation_, rows_looked_at_once);
        for (const auto& one : some) {
            if (is_gone(database, one.first) && is_gone(database, one.second)) {
                drop_some(database, one.id);
                return true;
            }
            last_conversation_ = one.id;
        }
        return some.size() == rows_looked_at_once;
    }

    /// The conversation itself with the last of its texts.
    static void drop_some(SQLite::Database& database, std::int64_t conversation) {
        const auto dropped =
            run_counting(database,
                         "DELETE FROM message WHERE id IN (SELECT id FROM message "
                         "WHERE conversation = ? AND conversation <> 0 ORDER BY id LIMIT ?)",
                         conversation, texts_pruned_at_once);
        if (dropped < texts_pruned_at_once) {
            run(database, "DELETE FROM conversation WHERE id = ?", conversation);
        }
    }

    const std::int64_t guests_before_unix_ms_;
    Stage stage_ = Stage::rooms;
    std::optional<std::vector<ChannelId>> gone_;
    Bytes after_ = before_everybody();  // this person comes the next
    std::int64_t last_conversation_ = 0;
};

}  // namespace

Slice prune_room(ChannelId channel, const room::Retention& retention, std::int64_t now_unix_ms) {
    return RoomPruning(channel, retention, now_unix_ms);
}

Slice prune_letters(std::uint32_t days, std::int64_t now_unix_ms) {
    if (days == 0) {
        return [](SQLite::Database&) { return false; };
    }
    return AgePruning(ChannelId{}, days_before(now_unix_ms, days));
}

Slice drop_texts(std::vector<ChannelId> channels) {
    return [channels = std::move(channels)](SQLite::Database& database) mutable {
        while (!channels.empty()) {
            const auto channel = channels.back();
            const bool gone = channel && !is_room(database, channel);
            const auto dropped = gone ? drop_oldest(database, channel) : std::size_t{0};
            if (dropped < texts_pruned_at_once) {
                channels.pop_back();
            }
            if (dropped > 0) {
                return true;
            }
        }
        return false;
    };
}

Slice sweep(std::int64_t now_unix_ms) { return Sweep(now_unix_ms); }

}  // namespace partyline::store
