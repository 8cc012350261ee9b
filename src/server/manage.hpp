// `user`, `role`, `ban`, `invite`, `explain` and `audit`: what the owner asks of a running switchboard at
// the machine itself.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

struct UserList {};
struct UserShow {
    std::string name;
};
struct UserDelete {
    std::string name;
};
/// The new password comes from the standard input's first line.
struct UserPassword {
    std::string name;
};
struct UserUnlink {
    std::string name;
    std::string device;  // its fingerprint, or as much of it as names one
};

struct RoleList {};
struct RoleGrant {
    std::string user;
    std::string role;
};
struct RoleRevoke {
    std::string user;
    std::string role;
};

struct BanList {};
struct BanAdd {
    std::string user;
    std::string identity;  // in base64url, as `ban list` and `audit` show it
    std::string range;
    std::string reason;
    std::string period;  // "2h"; empty: for good
};
struct BanLift {
    std::uint64_t ban = 0;
    std::string reason;
};

struct InviteList {};
struct InviteCreate {
    std::string role;
    std::string room;
    std::uint32_t uses = 1;
    std::string period;  // "2h"; empty: for good
};
struct InviteDelete {
    std::uint64_t invite = 0;
};

struct WhyMay {
    std::string user;
    std::string permission;
    std::string room;
};
struct ShowAudit {
    std::uint32_t entries = 50;
};

using Management = std::variant<UserList, UserShow, UserDelete, UserPassword, UserUnlink, RoleList,
                                RoleGrant, RoleRevoke, BanList, BanAdd, BanLift, InviteList,
                                InviteCreate, InviteDelete, WhyMay, ShowAudit>;

/// Asks the server that runs on the configuration's data folder. Gives what there is to print, without
/// the last line's end. Fails in one line for the owner.
Result<std::string> manage(const config::Config& config, Management what);

}  // namespace partyline::server
