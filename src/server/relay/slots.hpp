// A thread's receive buffers: a fixed number, made once, handed out and given back.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "server/relay/limits.hpp"
#include "server/relay/outbox.hpp"

namespace partyline::relay {

/// Frames that wait to be bundled stay in the slot they were received in. One thread.
class Slots {
public:
    explicit Slots(std::size_t count = slots_per_thread)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(count * slot_bytes)), free_(count) {
        for (std::size_t i = 0; i < count; ++i) {
            free_[i] = static_cast<Slot>(count - 1 - i);
        }
    }

    /// Nothing when all are in use.
    std::optional<Slot> acquire() {
        if (free_.empty()) {
            return std::nullopt;
        }
        const auto slot = free_.back();
        free_.pop_back();
        return slot;
    }
    void release(Slot slot) { free_.push_back(slot); }

    [[nodiscard]] MutableByteView view(Slot slot) const {
        return {bytes_.get() + static_cast<std::size_t>(slot) * slot_bytes, slot_bytes};
    }
    [[nodiscard]] std::size_t free() const { return free_.size(); }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::vector<Slot> free_;  // the last one freed is taken first: it is still in the cache
};

}  // namespace partyline::relay
