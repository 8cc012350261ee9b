#include "server/control/away_room.hpp"

#include <format>

#include "base/log.hpp"
#include "server/room/view.hpp"

namespace partyline::control {

ChannelId find_away_room(const room::Directory& rooms, std::string_view path) {
    const auto id = room::channel_at(rooms, path);
    const auto* record = rooms.find(id);
    return record == nullptr || record->channel.temporary ? ChannelId{} : id;
}

std::string no_away_room(std::string_view path) {
    return std::format(
        "away_room: there is no room \"{}\" any more. Whoever does nothing for long stays where "
        "they "
        "are; make a room of that name, or name another in the configuration",
        path);
}

void AwayRoom::look(const room::Directory& rooms) {
    if (path_.empty()) {
        return;
    }
    id_ = find_away_room(rooms, path_);
    if (!id_ && !missing_) {
        log::warning("{}", no_away_room(path_));
    } else if (id_ && missing_) {
        log::info("away_room: there is a room \"{}\" again", path_);
    }
    missing_ = !id_;
}

}  // namespace partyline::control
