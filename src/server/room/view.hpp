// What one person is shown of the tree of rooms.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "server/room/decide.hpp"

namespace partyline::room {

/// The rooms that somebody may see, each with the room that it is shown to lie in: the nearest above
/// it that they may see too, or zero.
using View = std::map<ChannelId, ChannelId>;

/// `own` is the room they are in; they see it in any case.
[[nodiscard]] View view_of(const Directory& directory, Subject subject, ChannelId own);

/// The room at "Room/Sub room", by name from the top; zero if there is none.
[[nodiscard]] ChannelId channel_at(const Directory& directory, std::string_view path);

/// Of people with equal keys the views are equal, as long as the directory and `own` are.
struct ViewKey {
    bool everything = false;  // the owner
    std::vector<RoleId> roles;
    auto operator<=>(const ViewKey&) const = default;
};
[[nodiscard]] ViewKey view_key(const Directory& directory, Subject subject);

}  // namespace partyline::room
