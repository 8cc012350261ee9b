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
#include "client/roles.hpp"

namespace partyline::client {

// --- commands --------------------------------------------------------------------------------

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
    std::variant<ListRoles, GiveRole, MakeRole, EditRole, DeleteRole, SetRoomRule, ListRoomRules,
                 AskWhy, MakeRoom, EditRoom, MoveRoom, DeleteRoom, Kick, Ban, LiftBan, ListBans,
                 Silence, MovePerson, ReadAudit>;

/// The word that Refused and Administered call it by: roles, grant, revoke, role, explain, room, kick, ban,
/// unban, bans, server-mute, move-user, audit. What rooms say of roles is of `room`.
std::string_view word_for(const Administration& command);

// --- events ----------------------------------------------------------------------------------

/// Any other of these was carried out, and is on the server's disk.
struct Administered {
    std::string command;
};

}  // namespace partyline::client
