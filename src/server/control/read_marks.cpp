#include "server/control/read_marks.hpp"

#include <utility>

namespace partyline::control {

void ReadMarks::add(store::ReadMarker marker, SessionId by) {
    const auto [at, first] =
        waiting_.try_emplace({marker.who, marker.channel, marker.with}, Mark{marker, by});
    if (first) {
        return;
    }
    auto& mark = at->second;
    mark.by = mark.by == by ? by : SessionId{};
    if (mark.marker.to < marker.to) {
        mark.marker = marker;
    }
}

std::vector<ReadMarks::Mark> ReadMarks::take() {
    std::vector<Mark> marks;
    for (const auto& [key, mark] : std::exchange(waiting_, {})) {
        marks.push_back(mark);
    }
    return marks;
}

}  // namespace partyline::control
