// The thread that writes: what waits for it becomes durable together (group commit).
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "server/store/figures.hpp"
#include "server/store/job.hpp"
#include "server/store/limits.hpp"
#include "server/store/worker.hpp"

namespace partyline::store {

/// Finishes what was submitted when destroyed.
class Writer {
public:
    Writer(SQLite::Database& database, CommitMeter& meter) : database_(database), meter_(meter) {}

    /// Once, before the first submit(); from then on the connection is this thread's.
    void start();
    /// [any] A call that fails takes nothing of the others with it; a commit that fails, all.
    void submit(Write write) { worker_.submit(std::move(write)); }
    /// [any]
    [[nodiscard]] std::size_t waiting() const { return worker_.waiting(); }
    /// [any] All that was submitted so far is done.
    [[nodiscard]] bool idle() const { return worker_.idle(); }

private:
    void write_all(std::vector<Write> writes);
    std::optional<Error> run_alone(Write& write);
    void measure(const std::vector<std::optional<Error>>& errors, bool changed, Duration took);

    SQLite::Database& database_;
    CommitMeter& meter_;
    Worker<Write> worker_{group_commit_max};  // last: it uses the above
};

}  // namespace partyline::store
