// What everybody is yet to be told of everybody's presence, gathered over a short while.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.hpp"
#include "server/room/types.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread.
class PresenceBoard {
public:
    void arrived(const room::Presence& presence, TimePoint now);
    void changed(const room::Presence& presence, TimePoint now);
    void gone(SessionId session, TimePoint now);

    /// Since when something waits; nothing if nothing does.
    [[nodiscard]] std::optional<TimePoint> since() const { return since_; }
    /// Whether everybody is yet to hear of this one.
    [[nodiscard]] bool waits(SessionId session) const { return states_.contains(session); }

    /// Everything that waits, in pages that fit a frame each.
    std::vector<wire::PresenceChanged> take();

private:
    std::map<SessionId, wire::Presence> states_;
    std::set<SessionId> gone_;
    std::optional<TimePoint> since_;
};

}  // namespace partyline::control
