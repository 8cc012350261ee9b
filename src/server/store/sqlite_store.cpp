#include "server/store/sqlite_store.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <atomic>
#include <format>
#include <memory>
#include <stop_token>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "server/store/answers.hpp"
#include "server/store/calls.hpp"
#include "server/store/channels.hpp"
#include "server/store/database.hpp"
#include "server/store/letters.hpp"
#include "server/store/limits.hpp"
#include "server/store/messages.hpp"
#include "server/store/places.hpp"
#include "server/store/pruning.hpp"
#include "server/store/records.hpp"
#include "server/store/schema.hpp"

namespace partyline::store {
namespace {

// It has to be a change: what is the same already is not written at all.
constexpr const char* harmless_write =
    "INSERT INTO meta VALUES ('probe', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1";

std::vector<room::Channel> channels_in(SQLite::Database& database) {
    std::vector<room::Channel> channels;
    for (auto& record : read_channels(database)) {
        channels.push_back(std::move(record.channel));
    }
    return channels;
}

std::vector<ChannelId> dropped_by(const room::Changes& changes) {
    std::vector<ChannelId> channels;
    for (const auto& change : changes) {
        if (const auto* drop = std::get_if<room::DropChannel>(&change)) {
            channels.push_back(drop->id);
        }
    }
    return channels;
}

class SqliteStore final : public Store {
public:
    SqliteStore(SQLite::Database writing, SQLite::Database reading, Poster post)
        : answers_(std::move(post)),
          writing_(std::move(writing)),
          reading_(std::move(reading)),
          last_id_(Messages(writing_).last_id()),
          reserved_(last_id_.value) {
        begin();
        calls_.start();
    }

    Result<std::vector<room::Channel>> settle(std::vector<room::Channel> channels) override {
        auto settled =
            calls_.write_and_wait<std::vector<room::Channel>>([&](SQLite::Database& database) {
                settle_rooms(database, channels);
                return channels_in(database);
            });
        if (!settled && meter_.refusing()) {
            // Those that were there before are better than none.
            auto known = calls_.read_and_wait<std::vector<room::Channel>>(channels_in);
            if (known && !known->empty()) {
                log::error(
                    "The rooms are as they were before: what the configuration file has changed is "
                    "taken in by the next start that can write");
                return known;
            }
        }
        return settled;
    }
    Result<room::Records> records() override {
        auto records = calls_.read_and_wait<room::Records>(read_records);
        if (records) {
            records->last_message = last_id_;
        }
        return records;
    }
    Result<void> apply_and_wait(room::Changes changes) override {
        return calls_.write_and_wait<void>(
            [&](SQLite::Database& database) { apply_changes(database, changes); });
    }

    [[nodiscard]] MessageId last_id() const override { return last_id_; }

    Result<void> note_id(MessageId id) override {
        // Half of them are left, so that one that is used now is below what is durable already.
        if (id.value + ids_reserved / 2 > reserved_ && !reserving_.exchange(true)) {
            reserve(MessageId{std::max(id.value, reserved_.load()) + ids_reserved});
        }
        if (id.value > reserved_) {
            return slow_disk();
        }
        return {};
    }

    void append(room::Message message, Done<room::AcceptedText> done) override {
        std::ignore = note_id(message.id);  // with its text the id is durable, too
        calls_.write<room::AcceptedText>(
            [message = std::move(message)](SQLite::Database& database) {
                return Messages(database).append(message);
            },
            std::move(done));
    }
    void edit(MessageEdit edit, Done<bool> done) override {
        calls_.write<bool>(
            [edit = std::move(edit)](SQLite::Database& database) {
                return Messages(database).edit(edit);
            },
            std::move(done));
    }
    void erase(MessageId id, std::int64_t unix_ms, Done<bool> done) override {
        calls_.write<bool>(
            [id, unix_ms](SQLite::Database& database) {
                return Messages(database).erase(id, unix_ms);
            },
            std::move(done));
    }
    void erase_and_log(MessageId id, room::AuditEntry line, Done<bool> done) override {
        calls_.write<bool>(
            [id, line = std::move(line)](SQLite::Database& database) {
                const bool erased = Messages(database).erase(id, line.unix_ms);
                if (erased) {
                    apply_changes(database, room::Changes{line});
                }
                return erased;
            },
            std::move(done));
    }
    void prune(ChannelId channel, room::Retention retention, std::int64_t now_unix_ms,
               Done<void> done) override {
        calls_.do_in_slices(prune_room(channel, retention, now_unix_ms), std::move(done));
    }

    void apply(room::Changes changes, Done<void> done) override {
        calls_.write<void>(
            [this, changes = std::move(changes)](SQLite::Database& database) {
                apply_changes(database, changes);
                // Begun as soon as these changes are durable: before, their rooms are there.
                if (auto gone = dropped_by(changes); !gone.empty()) {
                    calls_.do_in_slices(drop_texts(std::move(gone)), [](const Result<void>&) {});
                }
            },
            std::move(done));
    }
    void audit(AuditQuery query, Done<AuditPage> done) override {
        calls_.read<AuditPage>(
            [query](SQLite::Database& database) { return read_audit(database, query); },
            std::move(done));
    }

    void find(MessageId id, Done<std::optional<room::Message>> done) override {
        calls_.read<std::optional<room::Message>>(
            [id](SQLite::Database& database) { return Messages(database).find(id); },
            std::move(done));
    }
    void history(HistoryQuery query, Done<HistoryPage> done) override {
        calls_.read<HistoryPage>(
            [query](SQLite::Database& database) { return Messages(database).history(query); },
            std::move(done));
    }

    void direct(DirectQuery query, Done<HistoryPage> done) override {
        calls_.read<HistoryPage>(
            [query](SQLite::Database& database) { return Messages(database).direct(query); },
            std::move(done));
    }
    void mark_read(std::vector<ReadMarker> markers, Done<void> done) override {
        calls_.write<void>([markers = std::move(markers)](
                               SQLite::Database& database) { store::mark_read(database, markers); },
                           std::move(done));
    }
    void unread(UnreadQuery query, Done<Unread> done) override {
        calls_.count(std::move(query), std::move(done));
    }
    void prune_direct(std::uint32_t days, std::int64_t now_unix_ms, Done<void> done) override {
        calls_.do_in_slices(prune_letters(days, now_unix_ms), std::move(done));
    }
    void sweep(std::int64_t now_unix_ms, Done<void> done) override {
        calls_.do_in_slices(store::sweep(now_unix_ms), std::move(done));
    }

    [[nodiscard]] Figures figures() const override {
        Figures figures{
            .writes_waiting = calls_.writes_waiting(),
            .reads_waiting = calls_.reads_waiting(),
        };
        figures.damaged = damaged_;
        meter_.read(figures);
        return figures;
    }
    void probe() override {
        if (calls_.all_written()) {
            calls_.submit({.run = [](SQLite::Database& database) { database.exec(harmless_write); },
                           .answer = [](const std::optional<Error>&) {}});
        }
    }

    /// Once, for a database that is too large to be checked before it is used.
    void look_through_meanwhile(const std::filesystem::path& path) {
        checker_ = std::jthread([this, path](const std::stop_token& stop) {
            const auto damage = find_damage(path, stop);
            if (!damage) {
                log::error(
                    "Whether the database is whole is not known, and looked at again at the next "
                    "start: {}",
                    damage.error().message);
            } else if (*damage) {
                damaged_ = true;
                log::error("The database was looked through, and is not whole: {}", **damage);
            } else if (!stop.stop_requested()) {
                log::info("The database was looked through, and is whole");
            }
        });
    }

private:
    /// A disk that takes nothing keeps nobody from talking: what is there already is good, and what
    /// would have to be kept is refused until it can be. But what makes it a database has to be there.
    void begin() {
        const auto reserved = last_id_.value + ids_reserved;
        try {
            SQLite::Transaction all(writing_, SQLite::TransactionBehavior::IMMEDIATE);
            Messages(writing_).set_last_id(MessageId{reserved});
            add_built_in_roles(writing_);
            all.commit();
            reserved_ = reserved;
        } catch (const SQLite::Exception& error) {
            if (!has_built_in_roles(reading_)) {
                throw;
            }
            log::error(
                "The database cannot be written ({}). Starting all the same: nothing is kept, and "
                "what has to be kept is refused, until it can be written",
                error.what());
            meter_.failed();
        }
    }

    /// Whatever waits, as little of it as there is; when it fails, the next id asks again.
    void reserve(MessageId to) {
        calls_.submit(
            {.run = [to](SQLite::Database& database) { Messages(database).set_last_id(to); },
             .answer =
                 [this, to](const std::optional<Error>& error) {
                     if (!error) {
                         reserved_ = to.value;
                     }
                     reserving_ = false;
                 }});
    }

    const Answers answers_;
    SQLite::Database writing_;
    SQLite::Database reading_;
    const MessageId last_id_;
    // On the disk: no id up to it is given out after a restart.
    std::atomic<std::uint64_t> reserved_;
    std::atomic<bool> reserving_ = false;  // more of them
    CommitMeter meter_;
    std::atomic<bool> damaged_ = false;
    // Last: they use the above until they are destroyed.
    Calls calls_{Calls::Given{
        .answers = answers_, .writing = writing_, .reading = reading_, .meter = meter_}};
    std::jthread checker_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, Poster post,
                                                 std::uintmax_t checked_bytes_max) {
    const bool unchecked = is_large(path, checked_bytes_max);
    auto writer = open_database(path, schema, checked_bytes_max);
    if (!writer) {
        return std::unexpected(std::move(writer.error()));
    }
    auto reader = open_reader(path);
    if (!reader) {
        return std::unexpected(std::move(reader.error()));
    }
    try {
        auto store =
            std::make_unique<SqliteStore>(std::move(*writer), std::move(*reader), std::move(post));
        if (unchecked) {
            store->look_through_meanwhile(path);
        }
        return store;
    } catch (const SQLite::Exception& error) {
        return fail(ErrorCode::io,
                    std::format("{}: cannot be written, and has nothing in it to go on with: {}",
                                path.string(), error.what()));
    }
}

}  // namespace partyline::store
