// What somebody who may can ask a switchboard to change, and what it tells of that. Part of
// client/talkie.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "client/moderation.hpp"

namespace partyline::client {

// --- commands --------------------------------------------------------------------------------

struct ListRoles {};
/// By their names; a role's without regard to ASCII case. `give` is false to take it away.
struct GiveRole {
    std::string account;
    std::string role;
    bool give = true;
};
/// Why somebody may do something, or may not. An empty `account` is oneself; a zero `channel` is no
/// room.
struct AskWhy {
    std::uint8_t permission = 0;  // its number, see permission_named()
    ChannelId channel{};
    std::string account;
};
/// Who may use a new room: all who may use the one it lies in, members, staff.
enum class RoomPreset : std::uint8_t { open = 0, members_only = 1, staff_only = 2 };
struct MakeRoom {
    ChannelId parent{};  // zero: at the top
    std::string name;
    RoomPreset preset = RoomPreset::open;
    bool temporary = false;
};
/// For how long texts are kept. No days: for good.
struct TextRetention {
    bool keep = true;
    std::uint32_t days = 0;
};
/// What is left out stays.
struct EditRoom {
    ChannelId channel{};
    std::optional<std::string> name;
    std::optional<std::string> topic;
    std::optional<std::uint32_t> order;
    std::optional<std::string> icon;
    std::optional<std::uint32_t> bitrate_bps_max;
    std::optional<std::uint32_t> seats_max;
    std::optional<std::uint32_t> slow_mode_s;
    std::optional<TextRetention> retention;
    std::optional<std::string> password;  // empty: none from now on
};
struct MoveRoom {
    ChannelId channel{};
    ChannelId parent{};
    std::uint32_t order = 0;
};
struct DeleteRoom {
    ChannelId channel{};
};

using Administration =
    std::variant<ListRoles, GiveRole, AskWhy, MakeRoom, EditRoom, MoveRoom, DeleteRoom, Kick, Ban,
                 LiftBan, ListBans, Silence, MovePerson, ReadAudit>;

/// The word that Refused and Administered call it by: roles, grant, revoke, explain, room, kick, ban,
/// unban, bans, server-mute, move-user, audit.
std::string_view word_for(const Administration& command);

// --- events ----------------------------------------------------------------------------------

struct RoleInfo {
    RoleId role{};
    std::string name;
    std::uint16_t rank = 0;
    std::vector<std::string_view> grants;  // permissions by name
};
/// The answer to ListRoles, the highest rank first.
struct RolesReceived {
    std::vector<RoleInfo> roles;
};
/// The answer to AskWhy: the rules that decided, in order.
struct Explained {
    /// As Explanation.Rule of the control schema; 0 for a rule of a later version.
    struct Step {
        std::uint8_t rule = 0;
        std::string role;
        ChannelId channel{};
        bool holds = false;
    };
    bool holds = false;
    std::vector<Step> steps;
};
/// Any other of these was carried out, and is on the server's disk.
struct Administered {
    std::string command;
};

/// The number of a permission, by its name in docs/permissions.md.
std::optional<std::uint8_t> permission_named(std::string_view name);
/// All names, by number.
const std::vector<std::string_view>& permission_names();

}  // namespace partyline::client
