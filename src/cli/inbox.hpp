// What reaches the main loop from the talkie and from standard input.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "cli/limits.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

struct TalkieEvent {
    client::Event event;
    TimePoint at;  // when the talkie told it
};
struct InputLine {
    std::string line;
};
struct InputEnded {};

using Item = std::variant<TalkieEvent, InputLine, InputEnded>;

/// Many may put, one takes. [any]
class Inbox {
public:
    /// False when full: the item is lost, and overflowed() says so from then on.
    bool put(Item item) {
        const std::lock_guard lock(mutex_);
        if (items_.size() >= inbox_items_max) {
            overflowed_ = true;
            return false;
        }
        items_.push_back(std::move(item));
        arrived_.notify_one();
        return true;
    }

    /// As put(), but waits for room: for a sender that can wait.
    void put_when_room(Item item) {
        std::unique_lock lock(mutex_);
        taken_.wait(lock, [this] { return items_.size() < inbox_items_max / 2; });
        items_.push_back(std::move(item));
        arrived_.notify_one();
    }

    /// The oldest item, or nothing when none came until `deadline`.
    std::optional<Item> take(TimePoint deadline) {
        std::unique_lock lock(mutex_);
        if (!arrived_.wait_until(lock, deadline, [this] { return !items_.empty(); })) {
            return std::nullopt;
        }
        Item item = std::move(items_.front());
        items_.pop_front();
        taken_.notify_one();
        return item;
    }

    [[nodiscard]] bool overflowed() const {
        const std::lock_guard lock(mutex_);
        return overflowed_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable taken_;
    std::deque<Item> items_;
    bool overflowed_ = false;
};

}  // namespace partyline::cli
