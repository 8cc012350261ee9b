// What a moderator can ask a switchboard to do, and what it tells of that. docs/moderation.md says who
// may. Part of client/talkie.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace partyline::client {

// --- commands, of Administration -------------------------------------------------------------

struct Kick {
    SessionId session{};
    std::string reason;
};
/// Whoever fits any of what is given.
struct Ban {
    SessionId session{};  // somebody here, of whom the next three are meant; zero: nobody
    bool of_identity = false;
    bool of_account = false;
    bool of_address = false;
    std::string identity;  // of somebody who may have left: in base64url
    std::string account;   // by its name
    std::string range;     // an address or CIDR
    std::string reason;
    std::uint32_t seconds = 0;  // 0: for good
};
struct LiftBan {
    BanId ban{};
    std::string reason;
};
/// A page of those with a higher id.
struct ListBans {
    BanId after{};
};
/// How it is to be from now on.
struct Silence {
    SessionId session{};
    bool mute = false;
    bool deafen = false;
    std::string reason;
};
struct MovePerson {
    SessionId session{};
    ChannelId channel{};  // zero: out of any room
    std::string reason;
};
/// The newest entries before that id; 0: of all.
struct ReadAudit {
    std::uint64_t before = 0;
    std::uint32_t entries = 0;  // 0: as many as a page holds
};

// --- events ----------------------------------------------------------------------------------

struct BanInfo {
    BanId id{};
    std::string identity;  // in base64url; empty: none
    std::string account;
    std::string range;
    std::string name;  // whom it was meant for
    std::string reason;
    std::string by;
    std::int64_t created_unix_ms = 0;
    std::int64_t until_unix_ms = 0;  // 0: for good
};
/// The answer to ListBans, and to Ban, with the new one.
struct BansReceived {
    std::string command;  // as in Refused
    std::vector<BanInfo> bans;
    bool more = false;  // there are some with higher ids
};

/// A moderator has done something to us, or had before we came. Of a kick and a ban Disconnected tells.
struct ActedOn {
    enum class Act : std::uint8_t {
        other,  // what this version does not know
        muted,
        deafened,  // and muted
        released,  // neither muted nor deafened any more
        moved,     // RoomEntered or RoomLeft follows
    };
    Act act = Act::other;
    std::string reason;              // what the moderator gave, maybe nothing
    std::int64_t since_unix_ms = 0;  // since when it has held; 0: it has just been done
};

struct AuditInfo {
    std::uint64_t id = 0;
    std::int64_t unix_ms = 0;
    std::string actor;
    std::string action;
    std::string target;
    std::string reason;
    std::string detail;
};
/// The answer to ReadAudit, newest first.
struct AuditReceived {
    std::vector<AuditInfo> entries;
    bool more = false;  // there are older ones
};

}  // namespace partyline::client
