// What is so, and that the disk has not taken yet: changes that moderators made, which a restart would
// undo, and lines of the audit log about what has happened anyway.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "server/room/records.hpp"

namespace partyline::control {

/// Owned by the Durable. In the order in which it happened.
///
/// Nobody uses up what there is for others: each has a share, and whoever sits at the machine a reserve.
/// A silence takes the place of an earlier one of the same person.
class Owed {
public:
    /// Whose doing it is; nobody: of whoever sits at the machine.
    using Actor = std::optional<room::Person>;

    /// Whether this much more of somebody's may be owed.
    [[nodiscard]] bool has_room(const Actor& by, const room::Changes& changes) const;
    /// The first `fixed` entries are on their way to the disk, and stay what they are.
    void add(const Actor& by, const room::Changes& changes, std::size_t fixed = 0);

    /// A line about what somebody did of their own accord. False, and nothing is changed, when too many of
    /// them wait, or of theirs.
    bool note(const Actor& by, room::AuditEntry line);

    [[nodiscard]] room::Changes from(std::size_t first) const;
    /// The oldest are on the disk.
    void drop(std::size_t count);
    /// Of the oldest so many stay.
    void keep(std::size_t count);

    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    /// Without what is only noted.
    [[nodiscard]] std::size_t changes() const;

private:
    struct Entry {
        room::Change change;
        Actor by;
        bool noted = false;
    };

    std::vector<Entry> entries_;
};

}  // namespace partyline::control
