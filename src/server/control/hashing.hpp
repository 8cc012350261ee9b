// Work that takes long, away from the control executor: the hashing of passwords.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/error.hpp"

namespace partyline::control {

class Hashing {
public:
    using Work = std::move_only_function<void()>;

    virtual ~Hashing() = default;
    /// Does `work` elsewhere, then `done` on the control executor, never from inside this call. Fails
    /// with rate_limited, and does neither, when too much waits. [control]
    virtual Result<void> run(Work work, Work done) = 0;
};

/// A few threads, as each hash takes 64 MiB of memory while it is made. Owned by the Server.
class HashingThreads final : public Hashing {
public:
    /// Runs a piece of work on the control executor, soon. [any]
    using Poster = std::function<void(Work)>;

    explicit HashingThreads(Poster post);
    /// Finishes what is being done; what waits is dropped, and not told.
    ~HashingThreads() override;
    HashingThreads(const HashingThreads&) = delete;
    HashingThreads& operator=(const HashingThreads&) = delete;

    Result<void> run(Work work, Work done) override;

private:
    struct Job {
        Work work;
        Work done;
    };

    void serve(const std::stop_token& stop);

    const Poster post_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Job> waiting_;
    std::vector<std::jthread> threads_;  // last: they use the above
};

}  // namespace partyline::control
