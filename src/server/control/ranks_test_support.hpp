// For tests: people by rising rank, what is permitted to each, and what they may ask for that is nobody's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "server/control/server_fixture.hpp"
#include "server/room/built_in.hpp"
#include "server/room/permission.hpp"
#include "server/room/records.hpp"
#include "wire/control.hpp"

namespace partyline::control::ranks {

/// A steward is what an owner has made: above moderators, and may other things.
enum class Who : std::uint8_t { guest, member, moderator, steward, admin, owner };
inline constexpr std::array everybody{Who::guest,   Who::member, Who::moderator,
                                      Who::steward, Who::admin,  Who::owner};
inline constexpr std::array names{"Guest", "Member", "Moderator", "Steward", "Admin", "Owner"};
inline constexpr std::array<std::uint16_t, 6> rank_numbers{0, 100, 500, 700, 1000, 65'535};

inline constexpr RoleId steward_role{10};
inline constexpr room::PermissionSet steward_grants{
    room::Permission::kick, room::Permission::mute_others, room::Permission::manage_messages,
    room::Permission::manage_roles, room::Permission::manage_accounts};

inline std::size_t index(Who who) { return static_cast<std::size_t>(who); }

inline room::PermissionSet grants(Who who) {
    const auto built_in = room::built_in_roles();
    switch (who) {
        case Who::guest: return built_in.at(0).grants;
        case Who::member: return built_in.at(1).grants;
        case Who::moderator: return built_in.at(2).grants;
        case Who::steward: return built_in.at(1).grants | steward_grants;
        default: return room::PermissionSet::all();
    }
}

/// The roles of somebody's account, beside those that everybody has.
inline std::vector<RoleId> roles_of(Who who) {
    switch (who) {
        case Who::moderator: return {room::moderator_role};
        case Who::steward: return {steward_role};
        case Who::admin: return {room::admin_role};
        default: return {};
    }
}

/// What an owner has made.
inline room::Role steward() {
    return {.id = steward_role,
            .name = "Keeper",
            .rank = rank_numbers.at(index(Who::steward)),
            .grants = steward_grants};
}

// Nobody's, and of the right sizes.
inline wire::Login made_up_login() {
    return {.identity = Bytes(32),
            .x25519 = Bytes(32),
            .versions = {},
            .signature = Bytes(64),
            .device = {.signature = Bytes(64)},
            .name = {}};
}
inline wire::Resume made_up_resume() {
    return {.session = SessionId{1}, .token = Bytes(32), .signature = Bytes(64)};
}

/// A message that has no target but oneself, or what is nobody's and has no rank.
struct OfNobody {
    std::string what;
    wire::ClientBody body;
    /// Without it the answer is not_permitted.
    std::optional<room::Permission> needs = {};
    ErrorCode answer = ErrorCode::unspecified;  // which is none
    /// Where it is another for those who have no account.
    std::optional<ErrorCode> to_guests = {};
};

/// From somebody who is in the lobby. The last takes a room away.
inline std::vector<OfNobody> of_nobody() {
    using enum room::Permission;
    const std::string password = "correct horse";
    const std::string code = "7Q2KX-0M9RD-EV4WT-1H8NA";
    const wire::ClaimAccount claim{.name = "Newcomer", .password = password, .label = {}};
    const wire::LinkDevice link{.name = "Nobody", .secret = password, .label = {}};
    const wire::CreateChannel create{.parent = lobby, .name = "Nook", .topic = {}};
    const wire::MoveChannel move{.channel = attic, .parent = {}, .order = 3};
    using enum ErrorCode;
    return {
        {"an unknown request", wire::Unknown{}, {}, unsupported},
        {"a login", made_up_login(), {}, already_logged_in},
        {"a resume", made_up_resume(), {}, already_logged_in},
        {"joining", wire::Join{.channel = attic, .password = {}}},
        {"leaving", wire::Leave{}},
        {"muting oneself", wire::SetSelfState{.mute = true}},
        {"speaking above others", wire::SetPriority{.on = true}, priority_speaker},
        {"recording", wire::SetRecording{.on = true}, record},
        {"writing", wire::SendText{.channel = lobby, .text = "hello"}, write},
        {"history", wire::GetHistory{.channel = lobby}, read_history},
        {"renewing a device",
         wire::RenewDevice{.device = {.signature = Bytes(64)}},
         {},
         bad_signature},
        {"naming a lane", wire::SetVoiceLane{wire::VoiceLane::udp}},
        {"tunnelled voice", wire::VoiceTunnel{.datagram = Bytes(30)}},
        {"pinging", wire::ControlPing{}},
        {"claiming an account", claim, {}, not_permitted, unspecified},
        {"linking a device", link, {}, bad_password},
        {"a new recovery code",
         wire::RenewRecoveryCode{password},
         {},
         bad_password,
         unknown_account},
        {"becoming the owner", wire::BecomeOwner{code}, {}, bad_password, unknown_account},
        {"looking at roles", wire::GetRoles{}},
        {"looking at locks", wire::GetOverrides{attic}, manage_locks},
        {"looking at bans", wire::ListBans{}, ban},
        {"reading the audit log", wire::GetAudit{}, read_audit},
        {"listing invites", wire::ListInvites{}, invite},
        {"using an invite", wire::RedeemInvite{code}, {}, unknown_invite},
        {"looking at all accounts", wire::ListAccounts{}, manage_accounts},
        {"what is unread", wire::GetUnread{}},
        {"having read", wire::MarkRead{.channel = lobby, .with = {}}},
        {"making a room", create, manage_channel},
        {"editing a room", wire::EditChannel{.channel = attic, .topic = "Dusty"}, manage_channel},
        {"moving a room", move, manage_channel},
        {"deleting a room", wire::DeleteChannel{attic}, manage_channel},
    };
}

}  // namespace partyline::control::ranks
