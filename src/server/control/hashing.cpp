#include "server/control/hashing.hpp"

#include <utility>

#include "server/control/limits.hpp"

namespace partyline::control {

HashingThreads::HashingThreads(Poster post) : post_(std::move(post)) {
    for (std::size_t i = 0; i < hashes_at_once_max; ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
    }
}

HashingThreads::~HashingThreads() {
    for (auto& thread : threads_) {
        thread.request_stop();
    }
}

Result<void> HashingThreads::run(Work work, Work done) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= hashes_waiting_max) {
            return std::unexpected(
                Error{.code = ErrorCode::rate_limited,
                      .message = "Too many passwords are being checked; try again in a while.",
                      .retry_ms = hashing_retry_ms});
        }
        waiting_.push_back({.work = std::move(work), .done = std::move(done)});
    }
    wake_.notify_one();
    return {};
}

void HashingThreads::serve(const std::stop_token& stop) {
    for (;;) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
        if (stop.stop_requested()) {
            return;
        }
        auto job = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        job.work();
        post_(std::move(job.done));
    }
}

}  // namespace partyline::control
