// What takes long to write. It is done a slice at a time, and other writes pass in between.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "server/store/answers.hpp"
#include "server/store/job.hpp"
#include "server/store/pruning.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

/// All of it is done on the thread that writes, which ends before this does.
class Chores {
public:
    /// `submit` gives that thread something to do.
    Chores(std::function<void(Write)> submit, const Answers& answers)
        : submit_(std::move(submit)), answers_(answers) {}

    /// [any] After all chores before it. Of all of them no more than one slice is among what is written
    /// together, so that nobody waits for more than that.
    void add(Slice slice, Store::Done<void> done);
    /// [any] After the slice that is being done there is no other; what is left is found by the next start.
    void end() { ending_ = true; }

private:
    struct Chore {
        Slice slice;
        Store::Done<void> done;
        bool more = false;
    };

    void submit_slice(const std::shared_ptr<Chore>& chore);
    void end_chore(Chore& chore, const std::optional<Error>& error);

    const std::function<void(Write)> submit_;
    const Answers& answers_;
    std::atomic<bool> ending_ = false;
    std::mutex mutex_;
    std::deque<std::shared_ptr<Chore>> chores_;  // the first is being done
};

}  // namespace partyline::store
