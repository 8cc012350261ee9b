// How far people have read, until it is stored: of many markers in a short while the furthest is kept.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/ids.hpp"
#include "server/store/store.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread.
class ReadMarks {
public:
    struct Mark {
        store::ReadMarker marker;
        SessionId by{};  // zero: several of one person's talkies
    };

    void add(store::ReadMarker marker, SessionId by);
    /// All that wait; none does then.
    std::vector<Mark> take();
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    std::map<std::tuple<room::Person, ChannelId, std::optional<room::Person>>, Mark> waiting_;
};

}  // namespace partyline::control
