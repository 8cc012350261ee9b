// A thread that takes all that waits for it, again and again.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace partyline::store {

template <class Item>
class Worker {
public:
    explicit Worker(std::size_t batch_max) : batch_max_(batch_max) {}
    /// Finishes what was submitted.
    ~Worker() {
        if (thread_.joinable()) {
            thread_.request_stop();
            thread_.join();
        }
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Once, before the first submit(). `take` gets them in order, at most batch_max at a time.
    void start(std::function<void(std::vector<Item>)> take) {
        thread_ = std::jthread([this, take = std::move(take)](const std::stop_token& stop) {
            for (auto batch = next(stop); !batch.empty(); batch = next(stop)) {
                take(std::move(batch));
            }
        });
    }

    /// [any]
    void submit(Item item) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(item));
        }
        wake_.notify_one();
    }
    /// [any]
    [[nodiscard]] std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }
    /// [any] All that was submitted so far is done.
    [[nodiscard]] bool idle() const {
        const std::lock_guard lock(mutex_);
        return waiting_.empty() && !busy_;
    }

private:
    /// Empty only when it is to end and nothing is left.
    std::vector<Item> next(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        busy_ = false;
        wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
        busy_ = !waiting_.empty();
        const auto count = std::min(waiting_.size(), batch_max_);
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
        std::vector<Item> batch(std::make_move_iterator(waiting_.begin()),
                                std::make_move_iterator(end));
        waiting_.erase(waiting_.begin(), end);
        return batch;
    }

    const std::size_t batch_max_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Item> waiting_;
    bool busy_ = false;
    std::jthread thread_;
};

}  // namespace partyline::store
