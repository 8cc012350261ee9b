// How a call gets to the thread that writes or the one that reads, and its answer back.
#pragma once

#include <SQLiteCpp/Database.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <expected>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "server/store/answers.hpp"
#include "server/store/chores.hpp"
#include "server/store/counts.hpp"
#include "server/store/database.hpp"
#include "server/store/job.hpp"
#include "server/store/limits.hpp"
#include "server/store/store.hpp"
#include "server/store/worker.hpp"
#include "server/store/writer.hpp"

namespace partyline::store {

/// Finishes what was submitted when destroyed, but for chores and counts. `work` is given the connection of
/// the thread that does it, and gives a T.
class Calls {
public:
    struct Given {
        const Answers& answers;
        SQLite::Database& writing;  // [writer] once that runs
        SQLite::Database& reading;  // [reader]
        CommitMeter& meter;
    };
    explicit Calls(const Given& given)
        : answers_(given.answers), reading_(given.reading), writer_(given.writing, given.meter) {}
    ~Calls();
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;

    /// Once, before all else.
    void start();

    // For the start of the store: these stop the calling thread.
    /// Until it is durable.
    template <class T, class Work>
    Result<T> write_and_wait(Work work);
    /// After what was written.
    template <class T, class Work>
    Result<T> read_and_wait(Work work);

    /// [control] Refused if too much waits.
    template <class T, class Work>
    void write(Work work, Store::Done<T> done);
    /// [control] Whoever has just said something finds it: what was written before is waited for. Refused if
    /// too much waits.
    template <class T, class Work>
    void read(Work work, Store::Done<T> done);
    /// [control] As read(), a little at a time.
    void count(UnreadQuery query, Store::Done<Unread> done);
    /// [any] Refused if too many wait.
    void do_in_slices(Slice slice, Store::Done<void> done);
    /// [any] Whatever waits.
    void submit(Write one) { writer_.submit(std::move(one)); }

    /// [any] All that was to be written is.
    [[nodiscard]] bool all_written() const { return writer_.idle(); }
    /// [any]
    [[nodiscard]] std::size_t writes_waiting() const;
    /// [any]
    [[nodiscard]] std::size_t reads_waiting() const;

private:
    template <class T, class Work>
    static Result<T> outcome_of(Work& work, SQLite::Database& database);
    void read_after_writes(Job job);

    const Answers& answers_;
    SQLite::Database& reading_;
    std::atomic<std::size_t> reads_behind_ = 0;  // that wait among the writes
    Counts counts_{[this](Job job) { reader_.submit(std::move(job)); }, answers_};
    Chores chores_{[this](Write one) { writer_.submit(std::move(one)); }, answers_};
    // Last: they use the above; and the writer is destroyed first, as it passes on reads.
    Worker<Job> reader_{group_commit_max};
    Writer writer_;
};

template <class T, class Work>
Result<T> Calls::outcome_of(Work& work, SQLite::Database& database) {
    if constexpr (std::is_void_v<T>) {
        work(database);
        return {};
    } else {
        return work(database);
    }
}

template <class T, class Work>
Result<T> Calls::write_and_wait(Work work) {
    Result<T> result;
    std::promise<void> ended;
    // All of these outlive the work, as we wait for it.
    writer_.submit(
        {.run = [&](SQLite::Database& database) { result = outcome_of<T>(work, database); },
         .answer =
             [&](const std::optional<Error>& error) {
                 if (error) {
                     result = std::unexpected(*error);
                 }
                 ended.set_value();
             }});
    ended.get_future().wait();
    return result;
}

template <class T, class Work>
Result<T> Calls::read_and_wait(Work work) {
    Result<T> result;
    std::promise<void> ended;
    reader_.submit([&](SQLite::Database& database) {
        try {
            result = outcome_of<T>(work, database);
        } catch (const std::exception& error) {
            result = std::unexpected(store_error(error, database));
        }
        ended.set_value();
    });
    ended.get_future().wait();
    return result;
}

template <class T, class Work>
void Calls::write(Work work, Store::Done<T> done) {
    // Those who only read take nobody's place who writes.
    if (writes_waiting() >= waiting_max) {
        answers_.refuse<T>(std::move(done));
        return;
    }
    // What `run` finds is told by `answer`, once it is durable.
    const auto result = std::make_shared<Result<T>>();
    writer_.submit(
        {.run =
             [work = std::move(work), result](SQLite::Database& database) mutable {
                 *result = outcome_of<T>(work, database);
             },
         .answer =
             [this, result, done = std::move(done)](const std::optional<Error>& error) mutable {
                 answers_.give<T>(std::move(done),
                                  error ? Result<T>(std::unexpected(*error)) : *result);
             }});
}

template <class T, class Work>
void Calls::read(Work work, Store::Done<T> done) {
    if (reads_waiting() >= waiting_max) {
        answers_.refuse<T>(std::move(done));
        return;
    }
    read_after_writes(
        [this, work = std::move(work), done = std::move(done)](SQLite::Database& database) mutable {
            Result<T> result;
            try {
                result = outcome_of<T>(work, database);
            } catch (const std::exception& error) {
                log::error("The database cannot be read: {}", error.what());
                result = std::unexpected(store_error(error, database));
            }
            answers_.give<T>(std::move(done), std::move(result));
        });
}

}  // namespace partyline::store
