#include "server/control/farewells.hpp"

#include <algorithm>
#include <utility>

namespace partyline::control {

void Farewells::add(Farewell farewell, std::size_t most) {
    farewells_.push_back(std::move(farewell));
    while (farewells_.size() > most) {
        farewells_.pop_front();
    }
}

const Farewell* Farewells::find(SessionId session, TimePoint now) const {
    const auto found = std::ranges::find(farewells_, session, &Farewell::session);
    return found == farewells_.end() || found->until <= now ? nullptr : &*found;
}

void Farewells::forget(TimePoint now) {
    while (!farewells_.empty() && farewells_.front().until <= now) {
        farewells_.pop_front();
    }
}

}  // namespace partyline::control
