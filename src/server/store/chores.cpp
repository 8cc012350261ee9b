#include "server/store/chores.hpp"

#include <cstddef>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/store/limits.hpp"

namespace partyline::store {

void Chores::add(Slice slice, Store::Done<void> done) {
    const auto chore =
        std::make_shared<Chore>(Chore{.slice = std::move(slice), .done = std::move(done)});
    std::size_t count = 0;
    {
        const std::lock_guard lock(mutex_);
        if (chores_.size() < waiting_max) {
            chores_.push_back(chore);
            count = chores_.size();
        }
    }
    if (count == 0) {
        answers_.refuse<void>(std::move(chore->done));
    } else if (count == 1) {
        submit_slice(chore);
    }
}

// Of the first of them.
void Chores::submit_slice(const std::shared_ptr<Chore>& chore) {
    submit_({.run = [chore](SQLite::Database& database) { chore->more = chore->slice(database); },
             .answer =
                 [this, chore](const std::optional<Error>& error) {
                     if (ending_) {
                         return;
                     }
                     if (!error && chore->more) {
                         submit_slice(chore);
                     } else {
                         end_chore(*chore, error);
                     }
                 }});
}

// [writer]
void Chores::end_chore(Chore& chore, const std::optional<Error>& error) {
    answers_.give<void>(std::move(chore.done),
                        error ? Result<void>(std::unexpected(*error)) : Result<void>());
    std::shared_ptr<Chore> next;
    {
        const std::lock_guard lock(mutex_);
        chores_.pop_front();
        if (!chores_.empty()) {
            next = chores_.front();
        }
    }
    if (next) {
        submit_slice(next);
    }
}

}  // namespace partyline::store
