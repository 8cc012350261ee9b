#include "server/control/waiting_shares.hpp"

#include <algorithm>

namespace partyline::control {

void WaitingShares::add(wire::KeyShare share) {
    std::erase_if(shares_, [&](const wire::KeyShare& older) {
        return older.from == share.from && older.stream == share.stream;
    });
    if (shares_.size() == shares_max_) {
        shares_.erase(shares_.begin());
    }
    shares_.push_back(std::move(share));
}

}  // namespace partyline::control
