// What those are told who were sent away while their connection was broken, when they ask for their seat.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "server/control/seat.hpp"
#include "server/room/person.hpp"

namespace partyline::control {

struct Farewell {
    SessionId session{};
    room::Identity identity{};  // whose it was, to be proven as for the seat
    ResumeToken token;
    std::optional<ResumeToken> token_before;
    Error why;
    TimePoint until;
};

/// Owned by the Switchboard. One thread.
class Farewells {
public:
    /// Of more than `most` the first go.
    void add(Farewell farewell, std::size_t most);
    /// Null if there is none, or no more.
    [[nodiscard]] const Farewell* find(SessionId session, TimePoint now) const;
    void forget(TimePoint now);

    [[nodiscard]] std::size_t size() const { return farewells_.size(); }

private:
    std::deque<Farewell> farewells_;  // the oldest first
};

}  // namespace partyline::control
