// The events that were told last, for those whose connection breaks before they have read them. One
// log for all: a session has no queue of its own, only the number of its last event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// Who was told is settled when it is told: what somebody may see later changes nothing about it.
/// Owned by the Switchboard. One thread.
class EventLog {
public:
    struct Bounds {
        std::size_t bytes = 0;
        std::size_t events = 0;
    };
    explicit EventLog(Bounds bounds) : bounds_(bounds) {}

    /// Everybody who has a seat is told.
    void add_for_all(wire::EncodedEvent event);
    /// These are told, each once.
    void add(wire::EncodedEvent event, std::vector<SessionId> told);

    /// The last `count` events that this session was told, oldest first; nothing when they are not all
    /// here any more, or have more than `bytes_max`. Good until something is added. The session must
    /// have been told so many.
    [[nodiscard]] std::optional<std::vector<const wire::EncodedEvent*>> last(
        SessionId session, std::uint64_t count, std::size_t bytes_max) const;

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::size_t events() const { return entries_.size(); }

private:
    struct Entry {
        wire::EncodedEvent event;
        bool all = false;
        std::vector<SessionId> told;  // unless all
    };

    void add(Entry entry);
    [[nodiscard]] static std::size_t bytes_of(const Entry& entry);

    const Bounds bounds_;
    std::deque<Entry> entries_;  // oldest first
    std::size_t bytes_ = 0;
};

}  // namespace partyline::control
