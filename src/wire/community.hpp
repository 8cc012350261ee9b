// The control lane's messages about roles and about the tree of rooms, as plain structs.
// proto/partyline/v1/control.proto says what each message means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace partyline::wire {

// --- roles, from the talkie ------------------------------------------------------------------

struct GetRoles {
    bool operator==(const GetRoles&) const = default;
};

/// Permissions are bits by their numbers in docs/permissions.md; ones that the server does not know
/// are dropped.
struct RoleSettings {
    std::string name;
    std::uint16_t rank = 0;
    std::uint64_t grants = 0;
    bool operator==(const RoleSettings&) const = default;
};

struct CreateRole {
    RoleSettings settings;
    bool operator==(const CreateRole&) const = default;
};

struct EditRole {
    RoleId role{};
    RoleSettings settings;
    bool operator==(const EditRole&) const = default;
};

struct DeleteRole {
    RoleId role{};
    bool operator==(const DeleteRole&) const = default;
};

struct GrantRole {
    std::string account;
    RoleId role{};
    bool operator==(const GrantRole&) const = default;
};

struct RevokeRole {
    std::string account;
    RoleId role{};
    bool operator==(const RevokeRole&) const = default;
};

struct RoleOverride {
    RoleId role{};
    std::uint64_t allow = 0;
    std::uint64_t deny = 0;
    bool operator==(const RoleOverride&) const = default;
};

struct SetOverride {
    ChannelId channel{};
    RoleOverride override;  // empty: none from now on
    bool operator==(const SetOverride&) const = default;
};

struct GetOverrides {
    ChannelId channel{};
    bool operator==(const GetOverrides&) const = default;
};

/// Of `session`, if it is given; of `account`, if that is; otherwise of oneself.
struct Explain {
    SessionId session{};
    std::string account;
    ChannelId channel{};  // zero: in no room
    std::uint8_t permission = 0;
    bool operator==(const Explain&) const = default;
};

// --- rooms, from the talkie ------------------------------------------------------------------

struct Retention {
    bool keep = false;
    std::uint32_t days = 0;
    std::uint64_t bytes = 0;
    bool operator==(const Retention&) const = default;
};

enum class Preset : std::uint8_t { open = 0, members_only = 1, staff_only = 2 };

struct CreateChannel {
    ChannelId parent{};
    std::string name;
    std::string topic;
    std::uint32_t order = 0;
    Preset preset = Preset::open;
    bool temporary = false;
    bool operator==(const CreateChannel&) const = default;
};

/// What is left out stays.
struct EditChannel {
    ChannelId channel{};
    std::optional<std::string> name;
    std::optional<std::string> topic;
    std::optional<std::uint32_t> order;
    std::optional<std::string> icon;
    std::optional<std::uint32_t> bitrate_bps_max;
    std::optional<std::uint32_t> seats_max;
    std::optional<std::uint32_t> slow_mode_s;
    std::optional<Retention> retention;
    std::optional<std::string> password;  // empty: none from now on
    bool operator==(const EditChannel&) const = default;
};

struct MoveChannel {
    ChannelId channel{};
    ChannelId parent{};
    std::uint32_t order = 0;
    bool operator==(const MoveChannel&) const = default;
};

struct DeleteChannel {
    ChannelId channel{};
    bool operator==(const DeleteChannel&) const = default;
};

// --- from the switchboard --------------------------------------------------------------------

struct Role {
    RoleId role{};
    RoleSettings settings;
    bool built_in = false;
    bool operator==(const Role&) const = default;
};

struct Roles {
    std::vector<Role> roles;
    bool operator==(const Roles&) const = default;
};

struct Overrides {
    ChannelId channel{};
    std::vector<RoleOverride> overrides;
    bool operator==(const Overrides&) const = default;
};

/// One rule on the way to a decision; `rule` as in room/decide.hpp, and zero for one of a later
/// version.
struct ExplainedStep {
    std::uint8_t rule = 0;
    RoleId role{};
    std::string role_name;
    ChannelId channel{};
    bool holds = false;
    bool operator==(const ExplainedStep&) const = default;
};

struct Explanation {
    bool holds = false;
    std::vector<ExplainedStep> steps;
    bool operator==(const Explanation&) const = default;
};

struct Channel {
    ChannelId id{};
    ChannelId parent{};
    std::string name;
    std::string topic;
    std::uint32_t order = 0;
    std::string icon;
    std::uint32_t bitrate_bps_max = 0;
    std::uint32_t seats_max = 0;
    std::uint32_t slow_mode_s = 0;
    bool password = false;
    bool temporary = false;
    bool operator==(const Channel&) const = default;
};

/// Rooms that are new or different, and rooms that are not there any more.
struct ChannelsChanged {
    std::vector<Channel> channels;
    std::vector<ChannelId> gone;
    bool operator==(const ChannelsChanged&) const = default;
};

struct ChannelCreated {
    ChannelId channel{};
    bool operator==(const ChannelCreated&) const = default;
};

/// One was moved to another room, or out of any (`channel` is zero, and all else but `route` too).
struct Moved {
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    Route route{};
    std::uint32_t frame_ms = 0;
    std::uint32_t members = 0;
    bool operator==(const Moved&) const = default;
};

}  // namespace partyline::wire
