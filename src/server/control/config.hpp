// What a switchboard's owner decides about its control lane.
#pragma once

#include <string>
#include <vector>

#include "server/control/limits.hpp"
#include "server/room/types.hpp"

namespace partyline::control {

struct Config {
    std::string name = "Partyline";
    std::vector<room::Channel> channels;  // parents before their children
    Limits limits;
};

/// The part of it that a running server takes. Of the limits, those of sessions that are there
/// already stay as they were.
struct LiveConfig {
    std::string name;
    Limits limits;
};

}  // namespace partyline::control
