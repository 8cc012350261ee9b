// The control lane's messages about keeping order and about invites, as plain structs.
// proto/partyline/v1/control.proto says what each message means.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace partyline::wire {

// --- from the talkie -------------------------------------------------------------------------

struct Kick {
    SessionId session{};
    std::string reason;
    bool operator==(const Kick&) const = default;
};

/// Of whatever is given, any one is enough to be hit.
struct AddBan {
    SessionId session{};  // whose identity, account or address is meant by the three below
    bool of_identity = false;
    bool of_account = false;
    bool of_address = false;
    Bytes identity;       // 32 bytes, or none
    std::string account;  // by its name
    std::string range;    // "203.0.113.7", "203.0.113.0/24", "2001:db8::/48"
    std::string reason;
    std::uint32_t seconds = 0;  // 0: for good
    bool operator==(const AddBan&) const = default;
};

struct LiftBan {
    BanId ban{};
    std::string reason;
    bool operator==(const LiftBan&) const = default;
};

struct ListBans {
    BanId after{};  // those with a higher id
    bool operator==(const ListBans&) const = default;
};

struct SetServerMute {
    SessionId session{};
    bool mute = false;
    bool deafen = false;
    std::string reason;
    bool operator==(const SetServerMute&) const = default;
};

struct MoveMember {
    SessionId session{};
    ChannelId channel{};
    std::string reason;
    bool operator==(const MoveMember&) const = default;
};

struct GetAudit {
    std::uint64_t before = 0;   // an entry's id; 0: from the newest
    std::uint32_t entries = 0;  // how many; 0: as many as a page holds
    bool operator==(const GetAudit&) const = default;
};

struct CreateInvite {
    RoleId role{};              // for whoever uses it; 0: none
    ChannelId channel{};        // where it leads; 0: nowhere
    std::uint32_t uses = 0;     // 0: one
    std::uint32_t seconds = 0;  // 0: for good
    bool operator==(const CreateInvite&) const = default;
};

struct ListInvites {
    InviteId after{};  // those with a higher id
    bool operator==(const ListInvites&) const = default;
};

struct DeleteInvite {
    InviteId invite{};
    bool operator==(const DeleteInvite&) const = default;
};

struct RedeemInvite {
    std::string token;
    bool operator==(const RedeemInvite&) const = default;
};

struct ListAccounts {
    AccountId after{};  // those with a higher id
    bool operator==(const ListAccounts&) const = default;
};

struct DeleteAccount {
    std::string name;
    bool operator==(const DeleteAccount&) const = default;
};

// --- from the switchboard --------------------------------------------------------------------

struct Ban {
    BanId id{};
    Bytes identity;  // 32 bytes, or none
    std::string account;
    std::string range;
    std::string name;  // whom it was meant for
    std::string reason;
    std::string by;
    std::int64_t created_unix_ms = 0;
    std::int64_t until_unix_ms = 0;  // 0: for good
    bool operator==(const Ban&) const = default;
};

struct Bans {
    std::vector<Ban> bans;  // in the order of their ids
    bool more = false;
    bool operator==(const Bans&) const = default;
};

struct AuditEntry {
    std::uint64_t id = 0;
    std::int64_t unix_ms = 0;
    std::string actor;
    std::string action;
    std::string target;
    std::string reason;
    std::string detail;
    bool operator==(const AuditEntry&) const = default;
};

struct Audit {
    std::vector<AuditEntry> entries;  // newest first
    bool more = false;                // there are older ones
    bool operator==(const Audit&) const = default;
};

/// To whoever a moderator has done something. One that this version does not know is unspecified.
struct ActedOn {
    enum class Act : std::uint8_t { unspecified, muted, deafened, released, moved };
    Act act = Act::unspecified;
    std::string reason;
    std::int64_t since_unix_ms = 0;  // told at login, of what holds still; 0: it has just been done
    bool operator==(const ActedOn&) const = default;
};

struct InviteCreated {
    InviteId invite{};
    std::string token;  // shown this once
    bool operator==(const InviteCreated&) const = default;
};

struct Invite {
    InviteId id{};
    RoleId role{};
    ChannelId channel{};
    std::uint32_t uses_left = 0;
    std::int64_t until_unix_ms = 0;  // 0: for good
    std::string by;
    bool operator==(const Invite&) const = default;
};

struct Invites {
    std::vector<Invite> invites;  // in the order of their ids
    bool more = false;
    bool operator==(const Invites&) const = default;
};

struct AccountEntry {
    AccountId id{};
    std::string name;
    bool owner = false;
    std::vector<RoleId> roles;  // beside Guest and Member
    std::uint32_t devices = 0;
    std::int64_t created_unix_ms = 0;
    bool operator==(const AccountEntry&) const = default;
};

struct Accounts {
    std::vector<AccountEntry> accounts;  // in the order of their ids
    bool more = false;
    bool operator==(const Accounts&) const = default;
};

}  // namespace partyline::wire
