#include "server/control/event_log.hpp"

#include <algorithm>
#include <utility>

namespace partyline::control {

void EventLog::add_for_all(wire::EncodedEvent event) {
    add({.event = std::move(event), .all = true, .told = {}});
}

void EventLog::add(wire::EncodedEvent event, std::vector<SessionId> told) {
    if (!told.empty()) {
        add({.event = std::move(event), .all = false, .told = std::move(told)});
    }
}

void EventLog::add(Entry entry) {
    bytes_ += bytes_of(entry);
    entries_.push_back(std::move(entry));
    while (bytes_ > bounds_.bytes || entries_.size() > bounds_.events) {
        bytes_ -= bytes_of(entries_.front());
        entries_.pop_front();
    }
}

std::size_t EventLog::bytes_of(const Entry& entry) {
    return sizeof(Entry) + entry.event.size() + entry.told.size() * sizeof(SessionId);
}

std::optional<std::vector<const wire::EncodedEvent*>> EventLog::last(SessionId session,
                                                                     std::uint64_t count,
                                                                     std::size_t bytes_max) const {
    std::vector<const wire::EncodedEvent*> found;
    std::size_t bytes = 0;
    for (auto at = entries_.rbegin(); found.size() < count; ++at) {
        if (at == entries_.rend()) {
            return std::nullopt;
        }
        if (at->all || std::ranges::contains(at->told, session)) {
            bytes += at->event.size();
            if (bytes > bytes_max) {
                return std::nullopt;
            }
            found.push_back(&at->event);
        }
    }
    std::ranges::reverse(found);
    return found;
}

}  // namespace partyline::control
