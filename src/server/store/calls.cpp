#include "server/store/calls.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace partyline::store {

Calls::~Calls() {
    counts_.end();
    chores_.end();
}

void Calls::start() {
    writer_.start();
    reader_.start([this](std::vector<Job> jobs) {
        for (auto& job : jobs) {
            job(reading_);
        }
    });
}

void Calls::count(UnreadQuery query, Store::Done<Unread> done) {
    if (reads_waiting() >= waiting_max) {
        answers_.refuse<Unread>(std::move(done));
        return;
    }
    read_after_writes(
        [this, query = std::move(query), done = std::move(done)](SQLite::Database&) mutable {
            counts_.begin(std::move(query), std::move(done));
        });
}

void Calls::do_in_slices(Slice slice, Store::Done<void> done) {
    chores_.add(std::move(slice), std::move(done));
}

std::size_t Calls::writes_waiting() const {
    const auto queued = writer_.waiting();
    const std::size_t reads_behind = reads_behind_;
    return queued - std::min(queued, reads_behind);
}

std::size_t Calls::reads_waiting() const {
    return reader_.waiting() + reads_behind_ + counts_.waiting();
}

void Calls::read_after_writes(Job job) {
    if (writer_.idle()) {
        reader_.submit(std::move(job));
        return;
    }
    ++reads_behind_;
    writer_.submit({.run = [](SQLite::Database&) {},
                    .answer =
                        [this, job = std::move(job)](const std::optional<Error>&) mutable {
                            --reads_behind_;
                            reader_.submit(std::move(job));
                        }});
}

}  // namespace partyline::store
