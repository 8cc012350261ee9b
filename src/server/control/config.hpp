// What a switchboard's owner decides about its control lane.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "server/control/limits.hpp"
#include "server/room/limits.hpp"
#include "server/room/types.hpp"

namespace partyline::control {

struct Config {
    std::string name = "Partyline";
    /// As the file has them, parents before their children; Store::settle() takes them in.
    std::vector<room::Channel> channels;
    /// "Room/Sub room", by name from the top: where those go who have done nothing for `away_after`.
    /// Empty: nowhere.
    std::string away_room;
    std::chrono::minutes away_after{30};
    /// How long direct messages are kept; 0: for good.
    std::uint32_t direct_keep_days = 0;
    /// Names that nobody may bear but who looks after the server.
    std::vector<std::string> reserved_names{"admin", "administrator", "moderator", "operator",
                                            "owner", "partyline",     "server",    "system"};
    /// What the relay lets each talker send, whatever their room allows.
    std::uint32_t talker_bps_max = room::bitrate_bps_max;
    Limits limits;
};

/// The part of it that a running server takes. Of the limits, those of sessions that are there
/// already stay as they were.
struct LiveConfig {
    std::string name;
    std::vector<std::string> reserved_names;
    Limits limits;
};

}  // namespace partyline::control
