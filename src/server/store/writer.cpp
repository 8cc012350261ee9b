#include "server/store/writer.hpp"

#include <SQLiteCpp/Savepoint.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

#include "base/log.hpp"
#include "server/store/database.hpp"

namespace partyline::store {

void Writer::start() {
    worker_.start([this](std::vector<Write> writes) { write_all(std::move(writes)); });
}

// All below: [writer].

void Writer::write_all(std::vector<Write> writes) {
    std::vector<std::optional<Error>> errors(writes.size());
    const SystemClock clock;
    const auto begun = clock.now();
    try {
        const auto changed = database_.getTotalChanges();
        SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
        for (std::size_t i = 0; i < writes.size(); ++i) {
            errors[i] = run_alone(writes[i]);
        }
        transaction.commit();
        measure(errors, database_.getTotalChanges() != changed, clock.now() - begun);
    } catch (const std::exception& error) {
        log::error("The database cannot be written: {}", error.what());
        errors.assign(writes.size(), store_error(error, database_));
        meter_.failed();
    }
    for (std::size_t i = 0; i < writes.size(); ++i) {
        writes[i].answer(errors[i]);
    }
}

std::optional<Error> Writer::run_alone(Write& write) {
    SQLite::Savepoint savepoint(database_, "one");
    try {
        write.run(database_);
        savepoint.release();
        return std::nullopt;
    } catch (const std::exception& error) {
        // Some failures end the whole transaction: then what came before is gone as well.
        if (sqlite3_get_autocommit(database_.getHandle()) != 0) {
            throw;
        }
        log::error("The database refused a write: {}", error.what());
        return store_error(error, database_);
    }
}

// A disk that takes nothing may show in each of the writes, and not in the commit. One that changes
// nothing (a place that was read already, say) has not asked the disk at all.
void Writer::measure(const std::vector<std::optional<Error>>& errors, bool changed, Duration took) {
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

}  // namespace partyline::store
