// What changes when somebody makes, edits, moves or deletes a room: judged, and not yet done.
//
// A room that one may not see is, in what is refused, a room that is not there.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "server/room/decide.hpp"

namespace partyline::room {

/// Who may use a new room. Numbers are on the wire.
enum class Preset : std::uint8_t {
    open = 0,          // as the room it lies in
    members_only = 1,  // guests see it and do not come in
    staff_only = 2,    // whoever is below a moderator does not see it
};

struct NewChannel {
    ChannelId parent{};  // zero: at the top
    std::string name;
    std::string topic;
    std::uint32_t order = 0;
    Preset preset = Preset::open;
    bool temporary = false;
};

/// What is left out stays.
struct ChannelEdit {
    std::optional<std::string> name;
    std::optional<std::string> topic;
    std::optional<std::uint32_t> order;
    std::optional<std::string> icon;
    std::optional<std::uint32_t> bitrate_bps_max;
    std::optional<std::uint32_t> seats_max;
    std::optional<std::uint32_t> slow_mode_s;
    std::optional<Retention> retention;
    std::optional<std::string> password_hash;  // empty: none from now on
};

/// Each fails with not_permitted, unknown_channel, invalid_name, name_taken or too_large. The first
/// change is the room itself.
Result<Changes> plan_create_channel(const Directory& directory, Subject actor, NewChannel made);
Result<Changes> plan_edit_channel(const Directory& directory, Subject actor, ChannelId channel,
                                  const ChannelEdit& edit);
/// With all that lies in it. Nobody moves a room to where they gain anything by it.
Result<Changes> plan_move_channel(const Directory& directory, Subject actor, ChannelId channel,
                                  ChannelId parent, std::uint32_t order);
/// With all that lies in it, the deepest first.
Result<Changes> plan_delete_channel(const Directory& directory, Subject actor, ChannelId channel);

/// What a preset says of roles, by itself.
std::map<RoleId, Override> overrides_of(Preset preset);

}  // namespace partyline::room
