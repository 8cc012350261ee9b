#include "server/control/owed.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <utility>
#include <variant>

#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

/// Whose silence it changes, if it does.
const room::Person* silenced(const room::Change& change) {
    if (const auto* silence = std::get_if<room::Silence>(&change)) {
        return &silence->whose;
    }
    const auto* dropped = std::get_if<room::DropSilence>(&change);
    return dropped == nullptr ? nullptr : &dropped->whose;
}

/// Whether one of these makes it as if that had never been.
bool is_replaced(const room::Change& change, const room::Changes& by) {
    const auto* whose = silenced(change);
    return whose != nullptr && std::ranges::any_of(by, [&](const room::Change& later) {
               const auto* again = silenced(later);
               return again != nullptr && *again == *whose;
           });
}

}  // namespace

bool Owed::has_room(const Actor& by, const room::Changes& changes) const {
    std::size_t all = changes.size();
    std::size_t own = changes.size();
    for (const auto& entry : entries_) {
        if (!entry.noted && !is_replaced(entry.change, changes)) {
            ++all;
            own += entry.by == by ? 1U : 0U;
        }
    }
    if (!by) {
        return all <= durable_owed_max;
    }
    return all <= durable_owed_max - durable_owed_reserve && own <= durable_owed_of_one_max;
}

void Owed::add(const Actor& by, const room::Changes& changes, std::size_t fixed) {
    const std::ranges::subrange waiting(entries_.begin() + static_cast<std::ptrdiff_t>(fixed),
                                        entries_.end());
    const auto replaced = std::ranges::remove_if(
        waiting, [&](const Entry& entry) { return is_replaced(entry.change, changes); });
    entries_.erase(replaced.begin(), replaced.end());
    for (const auto& change : changes) {
        entries_.push_back({.change = change, .by = by});
    }
}

bool Owed::note(const Actor& by, room::AuditEntry line) {
    std::size_t all = 0;
    std::size_t own = 0;
    for (const auto& entry : entries_) {
        all += entry.noted ? 1U : 0U;
        own += entry.noted && entry.by == by ? 1U : 0U;
    }
    if (all >= durable_notes_max || own >= durable_notes_of_one_max) {
        return false;
    }
    entries_.push_back({.change = std::move(line), .by = by, .noted = true});
    return true;
}

room::Changes Owed::from(std::size_t first) const {
    room::Changes changes;
    for (auto at = first; at < entries_.size(); ++at) {
        changes.push_back(entries_[at].change);
    }
    return changes;
}

void Owed::drop(std::size_t count) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Owed::keep(std::size_t count) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(count), entries_.end());
}

std::size_t Owed::changes() const {
    return static_cast<std::size_t>(std::ranges::count(entries_, false, &Entry::noted));
}

}  // namespace partyline::control
