// Counts of what is unread. There may be much to look at, so they take turns, and other reads pass in
// between.
#pragma once

#include <SQLiteCpp/Database.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "server/store/answers.hpp"
#include "server/store/job.hpp"
#include "server/store/letters.hpp"
#include "server/store/room_counter.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

/// All of it is done on the thread that reads, which ends before this does.
class Counts {
public:
    /// `submit` gives that thread something to do.
    Counts(std::function<void(Job)> submit, const Answers& answers)
        : submit_(std::move(submit)), answers_(answers) {}

    /// [reader]
    void begin(UnreadQuery query, Store::Done<Unread> done);
    /// [any] How many were begun and are not done.
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    /// [any] From now on none has a turn.
    void end() { ending_ = true; }

private:
    struct Count {
        UnreadCount count;
        Store::Done<Unread> done;
    };

    void submit_turn();
    void take_turn(SQLite::Database& database);

    const std::function<void(Job)> submit_;
    const Answers& answers_;
    // [reader] As long as there are any, one of them has its turn.
    std::deque<std::unique_ptr<Count>> counts_;
    std::optional<RoomCounter> rooms_;  // while there are any
    std::atomic<std::size_t> waiting_ = 0;
    std::atomic<bool> ending_ = false;
};

}  // namespace partyline::store
