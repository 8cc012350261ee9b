// Invites: what a person can ask for, and what is told of it. Part of client/talkie.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"

namespace partyline::client {

// --- commands --------------------------------------------------------------------------------

struct MakeInvite {
    std::string role;     // by its name, without regard to ASCII case; empty: none
    ChannelId channel{};  // where it leads; zero: nowhere
    std::uint32_t uses = 1;
    std::uint32_t seconds = 0;  // how long it is good; 0: for good
};
/// Those with a higher id.
struct ListInvites {
    InviteId after{};
};
struct TakeBackInvite {
    InviteId invite{};
};
struct UseInvite {
    std::string token;
};

/// Refused and Done call each of them "invite".
using InviteCommand = std::variant<MakeInvite, ListInvites, TakeBackInvite, UseInvite>;

// --- events ----------------------------------------------------------------------------------

struct InviteMade {
    InviteId invite{};
    std::string token;  // shown this once
};
struct InviteInfo {
    InviteId invite{};
    RoleId role{};        // zero: none
    ChannelId channel{};  // zero: nowhere
    std::uint32_t uses_left = 0;
    std::int64_t until_unix_ms = 0;  // 0: for good
    std::string by;
};
/// The answer to ListInvites.
struct InvitesReceived {
    std::vector<InviteInfo> invites;
    bool more = false;
};
/// We have what it gives, and may go where it leads.
struct InviteUsed {
    InviteInfo invite;
};

}  // namespace partyline::client
