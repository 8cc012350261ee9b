#include "server/store/sqlite_store.hpp"

#include <SQLiteCpp/Savepoint.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <format>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "server/store/channels.hpp"
#include "server/store/database.hpp"
#include "server/store/letters.hpp"
#include "server/store/limits.hpp"
#include "server/store/messages.hpp"
#include "server/store/places.hpp"
#include "server/store/pruning.hpp"
#include "server/store/records.hpp"
#include "server/store/schema.hpp"
#include "server/store/worker.hpp"

namespace partyline::store {
namespace {

/// A call on its way: what is to be done in the transaction, and what to say when that is over. With
/// an error, the whole transaction came to nothing.
struct Write {
    std::move_only_function<void(Messages&)> run;
    std::move_only_function<void(const std::optional<Error>&)> answer;
};
using Read = std::move_only_function<void(Messages&)>;

/// What takes long, and is done a slice at a time.
struct Chore {
    Slice slice;
    Store::Done<void> done;
    bool more = false;
};

/// The same of what is read.
struct Count {
    UnreadCount count;
    Store::Done<Unread> done;
};

// It has to be a change: what is the same already is not written at all.
constexpr const char* harmless_write =
    "INSERT INTO meta VALUES ('probe', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1";

constexpr std::string_view slow_disk = "The server's disk cannot keep up; try again in a while.";

class SqliteStore final : public Store {
public:
    SqliteStore(SQLite::Database writer, SQLite::Database reader, Poster post)
        : post_(std::move(post)),
          writing_(std::move(writer)),
          reading_(std::move(reader)),
          last_id_(Messages(writing_).last_id()),
          reserved_(last_id_.value) {
        begin();
        writer_.start([this](std::vector<Write> writes) { write_all(std::move(writes)); });
        reader_.start([this](std::vector<Read> reads) {
            Messages messages(reading_);
            for (auto& read : reads) {
                read(messages);
            }
        });
    }

    ~SqliteStore() override { ending_ = true; }
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    Result<std::vector<room::Channel>> settle(std::vector<room::Channel> channels) override {
        auto settled = wait<std::vector<room::Channel>>([&] {
            settle_rooms(writing_, channels);
            return channels_in(writing_);
        });
        if (!settled && meter_.refusing()) {
            // Those that were there before are better than none.
            auto known =
                wait_reading<std::vector<room::Channel>>([&] { return channels_in(reading_); });
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
        auto records = wait_reading<room::Records>([&] { return read_records(reading_); });
        if (records) {
            records->last_message = last_id_;
        }
        return records;
    }
    Result<void> apply_and_wait(room::Changes changes) override {
        return wait<void>([&] { apply_changes(writing_, changes); });
    }

    [[nodiscard]] MessageId last_id() const override { return last_id_; }

    Result<void> note_id(MessageId id) override {
        // Half of them are left, so that one that is used now is below what is durable already.
        if (id.value + ids_reserved / 2 > reserved_ && !reserving_.exchange(true)) {
            reserve(MessageId{std::max(id.value, reserved_.load()) + ids_reserved});
        }
        if (id.value > reserved_) {
            return fail(ErrorCode::store_failed, std::string(slow_disk));
        }
        return {};
    }

    void append(room::Message message, Done<room::AcceptedText> done) override {
        std::ignore = note_id(message.id);  // with its text the id is durable, too
        write<room::AcceptedText>(
            [message = std::move(message)](Messages& messages) { return messages.append(message); },
            std::move(done));
    }
    void edit(MessageEdit edit, Done<bool> done) override {
        write<bool>([edit = std::move(edit)](Messages& messages) { return messages.edit(edit); },
                    std::move(done));
    }
    void erase(MessageId id, std::int64_t unix_ms, Done<bool> done) override {
        write<bool>([id, unix_ms](Messages& messages) { return messages.erase(id, unix_ms); },
                    std::move(done));
    }
    void erase_and_log(MessageId id, room::AuditEntry line, Done<bool> done) override {
        write<bool>(
            [this, id, line = std::move(line)](Messages& messages) {
                const bool erased = messages.erase(id, line.unix_ms);
                if (erased) {
                    apply_changes(writing_, room::Changes{line});
                }
                return erased;
            },
            std::move(done));
    }
    void prune(ChannelId channel, room::Retention retention, std::int64_t now_unix_ms,
               Done<void> done) override {
        do_in_slices(prune_room(channel, retention, now_unix_ms), std::move(done));
    }

    void apply(room::Changes changes, Done<void> done) override {
        write<void>(
            [this, changes = std::move(changes)](Messages&) {
                apply_changes(writing_, changes);
                drop_texts_of_gone(changes);
            },
            std::move(done));
    }
    void audit(AuditQuery query, Done<AuditPage> done) override {
        read<AuditPage>([this, query](Messages&) { return read_audit(reading_, query); },
                        std::move(done));
    }

    void find(MessageId id, Done<std::optional<room::Message>> done) override {
        read<std::optional<room::Message>>([id](Messages& messages) { return messages.find(id); },
                                           std::move(done));
    }
    void history(HistoryQuery query, Done<HistoryPage> done) override {
        read<HistoryPage>([query](Messages& messages) { return messages.history(query); },
                          std::move(done));
    }

    void direct(DirectQuery query, Done<HistoryPage> done) override {
        read<HistoryPage>([query](Messages& messages) { return messages.direct(query); },
                          std::move(done));
    }
    void mark_read(std::vector<ReadMarker> markers, Done<void> done) override {
        write<void>([this, markers = std::move(markers)](
                        Messages&) { store::mark_read(writing_, markers); },
                    std::move(done));
    }
    void unread(UnreadQuery query, Done<Unread> done) override {
        auto count = std::make_shared<Count>(
            Count{.count = UnreadCount(std::move(query)), .done = std::move(done)});
        if (too_many_reads()) {
            refuse_at_once<Unread>(std::move(count->done));
            return;
        }
        read_after_writes([this, count = std::move(count)](Messages&) { begin_count(count); });
    }
    void prune_direct(std::uint32_t days, std::int64_t now_unix_ms, Done<void> done) override {
        do_in_slices(prune_letters(days, now_unix_ms), std::move(done));
    }
    void sweep(std::int64_t now_unix_ms, Done<void> done) override {
        do_in_slices(store::sweep(now_unix_ms), std::move(done));
    }

    [[nodiscard]] Figures figures() const override {
        const auto queued = writer_.waiting();
        const std::size_t reads_behind = reads_behind_;
        Figures figures{
            .writes_waiting = queued - std::min(queued, reads_behind),
            .reads_waiting = reader_.waiting() + reads_behind + counts_waiting_,
        };
        figures.damaged = damaged_;
        meter_.read(figures);
        return figures;
    }
    void probe() override {
        if (writer_.idle()) {
            writer_.submit({.run = [this](Messages&) { writing_.exec(harmless_write); },
                            .answer = [](const std::optional<Error>&) {}});
        }
    }

    /// Once, for a database that is too large to be checked before it is used.
    void look_through_meanwhile(const std::filesystem::path& path) {
        checker_ = std::jthread([this, path](const std::stop_token& stop) {
            const auto whole = look_through(path, stop);
            if (!whole) {
                damaged_ = true;
                log::error("The database was looked through, and is not whole: {}",
                           whole.error().message);
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

    static std::vector<room::Channel> channels_in(SQLite::Database& database) {
        std::vector<room::Channel> channels;
        for (auto& record : read_channels(database)) {
            channels.push_back(std::move(record.channel));
        }
        return channels;
    }

    /// For the start: has the reader do it, after what was written.
    template <class T, class Work>
    Result<T> wait_reading(Work work) {
        Result<T> done;
        std::promise<void> ended;
        reader_.submit([&](Messages&) {
            try {
                done = work();
            } catch (const std::exception& error) {
                done = std::unexpected(store_error(error, reading_));
            }
            ended.set_value();
        });
        ended.get_future().wait();
        return done;
    }

    /// Whatever waits, as little of it as there is; when it fails, the next id asks again.
    void reserve(MessageId to) {
        writer_.submit({.run = [to](Messages& messages) { messages.set_last_id(to); },
                        .answer =
                            [this, to](const std::optional<Error>& error) {
                                if (!error) {
                                    reserved_ = to.value;
                                }
                                reserving_ = false;
                            }});
    }

    /// For the start: has the writer do it, and stops this thread until it is durable.
    template <class T, class Work>
    Result<T> wait(Work work) {
        Result<T> done;
        std::promise<void> ended;
        // All of these outlive the work, as we wait for it.
        writer_.submit({.run =
                            [&](Messages&) {
                                if constexpr (std::is_void_v<T>) {
                                    work();
                                } else {
                                    done = work();
                                }
                            },
                        .answer =
                            [&](const std::optional<Error>& error) {
                                if (error) {
                                    done = std::unexpected(*error);
                                }
                                ended.set_value();
                            }});
        ended.get_future().wait();
        return done;
    }

    template <class T>
    void answer(Done<T> done, Result<T> result) {
        post_([done = std::move(done), result = std::move(result)]() mutable {
            done(std::move(result));
        });
    }

    template <class T>
    void refuse_at_once(Done<T> done) {
        answer<T>(std::move(done), fail(ErrorCode::store_failed, std::string(slow_disk)));
    }

    template <class T, class Work>
    void write(Work work, Done<T> done) {
        // Those who only read take nobody's place who writes.
        if (writer_.waiting() >= waiting_max + reads_behind_) {
            refuse_at_once<T>(std::move(done));
            return;
        }
        // What `run` finds is told by `answer`, once it is durable.
        const auto result = std::make_shared<Result<T>>();
        writer_.submit(
            {.run =
                 [work = std::move(work), result](Messages& messages) mutable {
                     if constexpr (std::is_void_v<T>) {
                         work(messages);
                     } else {
                         *result = work(messages);
                     }
                 },
             .answer =
                 [this, result, done = std::move(done)](const std::optional<Error>& error) mutable {
                     answer<T>(std::move(done),
                               error ? Result<T>(std::unexpected(*error)) : *result);
                 }});
    }

    template <class T, class Work>
    void read(Work work, Done<T> done) {
        if (too_many_reads()) {
            refuse_at_once<T>(std::move(done));
            return;
        }
        read_after_writes(
            [this, work = std::move(work), done = std::move(done)](Messages& messages) mutable {
                try {
                    answer<T>(std::move(done), work(messages));
                } catch (const std::exception& error) {
                    log::error("The database cannot be read: {}", error.what());
                    answer<T>(std::move(done), std::unexpected(store_error(error, reading_)));
                }
            });
    }

    [[nodiscard]] bool too_many_reads() const {
        return reader_.waiting() + reads_behind_ + counts_waiting_ >= waiting_max;
    }

    /// Whoever has just said something finds it: what was written before is waited for.
    void read_after_writes(Read one) {
        if (writer_.idle()) {
            reader_.submit(std::move(one));
            return;
        }
        ++reads_behind_;
        writer_.submit({.run = [](Messages&) {},
                        .answer =
                            [this, one = std::move(one)](const std::optional<Error>&) mutable {
                                --reads_behind_;
                                reader_.submit(std::move(one));
                            }});
    }

    // --- counting --------------------------------------------------------------------------------

    // [reader] In turn, and other reads in between.
    void begin_count(std::shared_ptr<Count> count) {
        ++counts_waiting_;  // until then it is one of the reads
        counts_.push_back(std::move(count));
        if (counts_.size() == 1) {
            reader_.submit([this](Messages&) { count_on(); });
        }
    }
    // [reader]
    void count_on() {
        if (ending_) {
            return;
        }
        auto next = std::move(counts_.front());
        counts_.pop_front();
        try {
            if (next->count.count_some(reading_)) {
                counts_.push_back(std::move(next));
            } else {
                --counts_waiting_;
                answer<Unread>(std::move(next->done), next->count.take());
            }
        } catch (const std::exception& error) {
            log::error("The database cannot be read: {}", error.what());
            --counts_waiting_;
            answer<Unread>(std::move(next->done), std::unexpected(store_error(error, reading_)));
        }
        if (!counts_.empty()) {
            reader_.submit([this](Messages&) { count_on(); });
        }
    }

    // --- chores ----------------------------------------------------------------------------------

    /// [any] After all chores before it. Of all of them no more than one slice is among what is written
    /// together, so that nobody waits for more than that.
    void do_in_slices(Slice slice, Done<void> done) {
        const auto chore =
            std::make_shared<Chore>(Chore{.slice = std::move(slice), .done = std::move(done)});
        std::size_t count = 0;
        {
            const std::lock_guard lock(chores_mutex_);
            if (chores_.size() < waiting_max) {
                chores_.push_back(chore);
                count = chores_.size();
            }
        }
        if (count == 0) {
            refuse_at_once<void>(std::move(chore->done));
        } else if (count == 1) {
            submit_slice(chore);
        }
    }
    /// Of the first of them.
    void submit_slice(const std::shared_ptr<Chore>& chore) {
        writer_.submit({.run = [this, chore](Messages&) { chore->more = chore->slice(writing_); },
                        .answer =
                            [this, chore](const std::optional<Error>& error) {
                                if (ending_) {
                                    return;  // what is left is found by the next start
                                }
                                if (!error && chore->more) {
                                    submit_slice(chore);
                                } else {
                                    end_chore(*chore, error);
                                }
                            }});
    }
    // [writer]
    void end_chore(Chore& chore, const std::optional<Error>& error) {
        answer<void>(std::move(chore.done),
                     error ? Result<void>(std::unexpected(*error)) : Result<void>());
        std::shared_ptr<Chore> next;
        {
            const std::lock_guard lock(chores_mutex_);
            chores_.pop_front();
            if (!chores_.empty()) {
                next = chores_.front();
            }
        }
        if (next) {
            submit_slice(next);
        }
    }
    // [writer] As soon as these changes are durable: before, their rooms are there.
    void drop_texts_of_gone(const room::Changes& changes) {
        std::vector<ChannelId> channels;
        for (const auto& change : changes) {
            if (const auto* drop = std::get_if<room::DropChannel>(&change)) {
                channels.push_back(drop->id);
            }
        }
        if (!channels.empty()) {
            do_in_slices(drop_texts(std::move(channels)), [](const Result<void>&) {});
        }
    }

    // [writer] A call that fails takes nothing of the others with it; a commit that fails, all.
    void write_all(std::vector<Write> writes) {
        std::vector<std::optional<Error>> errors(writes.size());
        const SystemClock clock;
        const auto begun = clock.now();
        try {
            const auto changed = writing_.getTotalChanges();
            SQLite::Transaction transaction(writing_, SQLite::TransactionBehavior::IMMEDIATE);
            Messages messages(writing_);
            for (std::size_t i = 0; i < writes.size(); ++i) {
                errors[i] = run_alone(writes[i], messages);
            }
            transaction.commit();
            meter(errors, writing_.getTotalChanges() != changed, clock.now() - begun);
        } catch (const std::exception& error) {
            log::error("The database cannot be written: {}", error.what());
            errors.assign(writes.size(), store_error(error, writing_));
            meter_.failed();
        }
        for (std::size_t i = 0; i < writes.size(); ++i) {
            writes[i].answer(errors[i]);
        }
    }

    // [writer] A disk that takes nothing may show in each of the writes, and not in the commit. One
    // that changes nothing (a place that was read already, say) has not asked the disk at all.
    void meter(const std::vector<std::optional<Error>>& errors, bool changed, Duration took) {
        const auto kept = std::ranges::count_if(errors, [](const auto& error) { return !error; });
        if (kept > 0 && !changed) {
            return;
        }
        if (kept > 0) {
            meter_.succeeded(static_cast<std::size_t>(kept), took);
        } else {
            meter_.failed();
        }
    }

    std::optional<Error> run_alone(Write& write, Messages& messages) {
        SQLite::Savepoint savepoint(writing_, "one");
        try {
            write.run(messages);
            savepoint.release();
            return std::nullopt;
        } catch (const std::exception& error) {
            // Some failures end the whole transaction: then what came before is gone as well.
            if (sqlite3_get_autocommit(writing_.getHandle()) != 0) {
                throw;
            }
            log::error("The database refused a write: {}", error.what());
            return store_error(error, writing_);
        }
    }

    const Poster post_;
    SQLite::Database writing_;  // [writer] once that runs
    SQLite::Database reading_;  // [reader]
    const MessageId last_id_;
    std::atomic<std::uint64_t>
        reserved_;  // on the disk: no id up to it is given out after a restart
    std::atomic<bool> reserving_ = false;  // more of them
    CommitMeter meter_;
    std::atomic<bool> damaged_ = false;
    std::atomic<bool> ending_ = false;
    std::mutex chores_mutex_;
    std::deque<std::shared_ptr<Chore>> chores_;  // the first is being done
    std::deque<std::shared_ptr<Count>> counts_;  // [reader]; as long as there are any, one goes on
    std::atomic<std::size_t> counts_waiting_ = 0;
    std::atomic<std::size_t> reads_behind_ = 0;  // that wait among the writes
    // Last: they use the above, and finish what was submitted when destroyed; the writer first, as it
    // passes on reads.
    Worker<Read> reader_{group_commit_max};
    Worker<Write> writer_{group_commit_max};
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
