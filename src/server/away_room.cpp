#include "server/away_room.hpp"

#include <format>
#include <string>

#include "server/control/away_room.hpp"
#include "server/room/names.hpp"
#include "server/room/records.hpp"

namespace partyline::server {
namespace {

bool lists_room(const config::Config& file, const std::string& path) {
    room::Records records;
    for (const auto& channel : file.control.channels) {
        records.channels.push_back({.channel = channel});
    }
    return static_cast<bool>(control::find_away_room(room::Directory(records), path));
}

bool is_same(const std::string& path, const std::string& other) {
    return room::fold_name(path) == room::fold_name(other);
}

std::unexpected<Error> complain(const config::Config& config) {
    return config::complain(config.given, "away_room",
                            std::format("there is no room \"{}\"; name one as \"Room/Sub room\", "
                                        "from the top, or leave the key out",
                                        config.control.away_room));
}

}  // namespace

Result<bool> check_away_room(const config::Config& config, const room::Records& records) {
    const auto& path = config.control.away_room;
    if (path.empty() || control::find_away_room(room::Directory(records), path)) {
        return true;
    }
    // The file's own room can only be missing because somebody has deleted it or called it otherwise.
    if (is_same(path, records.known_away_room) || lists_room(config, path)) {
        return false;
    }
    return complain(config);
}

Result<bool> check_away_room(const config::Config& config, const config::Config& started,
                             const room::Directory& rooms, const std::string& known) {
    const auto& path = config.control.away_room;
    if (path.empty()) {
        return true;
    }
    // What a file says as before leaves alone what became of the room since; what it takes up or
    // drops holds from the next start on.
    const bool said = lists_room(config, path);
    const bool said_before = lists_room(started, path);
    if (said != said_before) {
        return said ? Result<bool>(true) : complain(config);
    }
    if (control::find_away_room(rooms, path)) {
        return true;
    }
    return said || is_same(path, known) ? Result<bool>(false) : complain(config);
}

}  // namespace partyline::server
