#include "server/control/presence_board.hpp"

#include <utility>

#include "server/control/convert.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

void PresenceBoard::arrived(const room::Presence& presence, TimePoint now) {
    states_[presence.session] = to_wire(presence);
    since_ = since_.value_or(now);
}

void PresenceBoard::changed(const room::Presence& presence, TimePoint now) {
    auto& state = states_[presence.session];
    // The name goes out only with an arrival that is itself still waiting here.
    auto name = std::move(state.name);
    state = to_wire(presence);
    state.name = std::move(name);
    since_ = since_.value_or(now);
}

void PresenceBoard::gone(SessionId session, TimePoint now) {
    states_.erase(session);
    gone_.insert(session);
    since_ = since_.value_or(now);
}

std::vector<wire::PresenceChanged> PresenceBoard::take() {
    std::vector<wire::PresenceChanged> pages;
    auto state = states_.begin();
    auto gone = gone_.begin();
    while (state != states_.end() || gone != gone_.end()) {
        auto& page = pages.emplace_back();
        for (; state != states_.end() && page.sessions.size() < wire::page_entries_max; ++state) {
            page.sessions.push_back(std::move(state->second));
        }
        for (; gone != gone_.end() && page.gone.size() < wire::page_entries_max; ++gone) {
            page.gone.push_back(*gone);
        }
    }
    states_.clear();
    gone_.clear();
    since_.reset();
    return pages;
}

}  // namespace partyline::control
