// Roles, what rooms say of them, and why somebody may do something: what a person can ask for, and what is told
// of it. Part of client/talkie.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace partyline::client {

// --- commands --------------------------------------------------------------------------------

// Roles go by their names, without regard to ASCII case; permissions by number, see permission_named().

struct ListRoles {};
/// `give` is false to take it away.
struct GiveRole {
    std::string account;
    std::string role;
    bool give = true;
};
struct MakeRole {
    std::string name;
    std::uint16_t rank = 0;
    std::vector<std::uint8_t> grants;
};
/// What is left out stays.
struct EditRole {
    std::string role;
    std::optional<std::string> name;
    std::optional<std::uint16_t> rank;
    std::vector<std::uint8_t> grant;     // from now on
    std::vector<std::uint8_t> withdraw;  // from now on not
};
struct DeleteRole {
    std::string role;
};
/// What a room says of a permission: nothing, so that what holds further up holds here too, or a word of
/// its own.
enum class Ruling : std::uint8_t { inherit, allow, deny };
struct SetRoomRule {
    ChannelId channel{};
    std::string role;
    std::vector<std::uint8_t> permissions;
    Ruling ruling = Ruling::inherit;
};
struct ListRoomRules {
    ChannelId channel{};
};
/// Why somebody may do something, or may not: whoever is here as `session`, or has this account, or, with
/// neither, oneself. A zero `channel` is no room.
struct AskWhy {
    std::uint8_t permission = 0;
    ChannelId channel{};
    SessionId session{};
    std::string account;
};

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
/// The answer to ListRoomRules: roles of which the room says something, the highest rank first.
struct RoomRulesReceived {
    struct Rule {
        std::string role;
        std::vector<std::string_view> allows;  // permissions by name
        std::vector<std::string_view> denies;
    };
    ChannelId channel{};
    std::vector<Rule> rules;
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

/// The number of a permission, by its name in docs/permissions.md.
std::optional<std::uint8_t> permission_named(std::string_view name);
/// All names, by number.
const std::vector<std::string_view>& permission_names();

}  // namespace partyline::client
