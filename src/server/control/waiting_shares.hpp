// Voice keys for somebody whose connection is lost: kept until it is back, the newest of each speaker.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "wire/control.hpp"

namespace partyline::control {

/// Owned by a Seat. One thread.
class WaitingShares {
public:
    explicit WaitingShares(std::size_t shares_max) : shares_max_(shares_max) {}

    /// Takes the place of what the same speaker gave for the same stream. Beyond the bound the share
    /// that has waited longest goes: its speaker is asked for it again as soon as it is heard.
    void add(wire::KeyShare share);
    /// All that wait, oldest first; none wait any more.
    std::vector<wire::KeyShare> take() { return std::exchange(shares_, {}); }

private:
    std::size_t shares_max_;
    std::vector<wire::KeyShare> shares_;
};

}  // namespace partyline::control
