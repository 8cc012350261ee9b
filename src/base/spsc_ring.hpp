// A bounded queue between exactly two threads, with no lock and no allocation after construction.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace partyline {

/// Single producer, single consumer. Positions only grow and are masked on use; each side keeps a
/// copy of the other's position and re-reads the shared one only when the copy says full or empty,
/// so that in steady state the two threads do not fight over a cache line.
template <class T>
class SpscRing {
public:
    /// Holds at least `capacity` items (rounded up to a power of two).
    explicit SpscRing(std::size_t capacity)
        : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 1))),
          slots_(std::make_unique<T[]>(capacity_)) {}

    [[nodiscard]] std::size_t capacity() const { return capacity_; }

    /// [producer] False, and `item` untouched, when full.
    bool push(T&& item) {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (!has_room(tail, 1)) {
            return false;
        }
        slots_[tail & (capacity_ - 1)] = std::move(item);
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// [consumer] Nothing when empty. The slot keeps a moved-from value.
    std::optional<T> pop() {
        const auto head = head_.load(std::memory_order_relaxed);
        if (available(head, 1) == 0) {
            return std::nullopt;
        }
        std::optional<T> item(std::move(slots_[head & (capacity_ - 1)]));
        head_.store(head + 1, std::memory_order_release);
        return item;
    }

    /// [producer] Copies all of `items`, or nothing and false when there is not room for all.
    bool write(std::span<const T> items) {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (!has_room(tail, items.size())) {
            return false;
        }
        for (std::size_t i = 0; i < items.size(); ++i) {
            slots_[(tail + i) & (capacity_ - 1)] = items[i];
        }
        tail_.store(tail + items.size(), std::memory_order_release);
        return true;
    }

    /// [consumer] Copies up to `out.size()` items; says how many.
    std::size_t read(std::span<T> out) {
        const auto head = head_.load(std::memory_order_relaxed);
        const auto count = std::min(out.size(), available(head, out.size()));
        for (std::size_t i = 0; i < count; ++i) {
            out[i] = slots_[(head + i) & (capacity_ - 1)];
        }
        head_.store(head + count, std::memory_order_release);
        return count;
    }

    /// [any] How many items wait; a moment old for whoever is not on the side that changes it.
    [[nodiscard]] std::size_t size() const {
        const auto head = head_.load(std::memory_order_acquire);
        const auto tail = tail_.load(std::memory_order_acquire);
        return tail - head;
    }

private:
    bool has_room(std::size_t tail, std::size_t count) {
        if (capacity_ - (tail - head_seen_) < count) {
            head_seen_ = head_.load(std::memory_order_acquire);
        }
        return capacity_ - (tail - head_seen_) >= count;
    }

    std::size_t available(std::size_t head, std::size_t wanted) {
        if (tail_seen_ - head < wanted) {
            tail_seen_ = tail_.load(std::memory_order_acquire);
        }
        return tail_seen_ - head;
    }

    static constexpr std::size_t cache_line_bytes = 64;

    const std::size_t capacity_;
    const std::unique_ptr<T[]> slots_;
    alignas(cache_line_bytes) std::atomic<std::size_t> tail_{0};  // written by the producer
    std::size_t head_seen_ = 0;
    alignas(cache_line_bytes) std::atomic<std::size_t> head_{0};  // written by the consumer
    std::size_t tail_seen_ = 0;
};

}  // namespace partyline
