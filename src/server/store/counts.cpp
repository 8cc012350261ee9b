#include "server/store/counts.hpp"

#include <exception>
#include <expected>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "server/store/database.hpp"

namespace partyline::store {

void Counts::begin(UnreadQuery query, Store::Done<Unread> done) {
    ++waiting_;  // until then it is one of the reads
    counts_.push_back(std::make_unique<Count>(
        Count{.count = UnreadCount(std::move(query)), .done = std::move(done)}));
    if (counts_.size() == 1) {
        submit_turn();
    }
}

void Counts::submit_turn() {
    submit_([this](SQLite::Database& database) { take_turn(database); });
}

// [reader]
void Counts::take_turn(SQLite::Database& database) {
    if (ending_) {
        return;
    }
    auto next = std::move(counts_.front());
    counts_.pop_front();
    try {
        if (next->count.count_some(database, rooms_)) {
            counts_.push_back(std::move(next));
        } else {
            --waiting_;
            answers_.give<Unread>(std::move(next->done), next->count.take());
        }
    } catch (const std::exception& error) {
        log::error("The database cannot be read: {}", error.what());
        --waiting_;
        answers_.give<Unread>(std::move(next->done), std::unexpected(store_error(error, database)));
    }
    if (counts_.empty()) {
        rooms_.reset();
    } else {
        submit_turn();
    }
}

}  // namespace partyline::store
