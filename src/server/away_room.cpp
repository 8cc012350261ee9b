#include "server/away_room.hpp"

#include <format>
#include <string>

#include "server/room/records.hpp"
#include "server/room/view.hpp"

namespace partyline::server {
namespace {

bool has_room(const room::Directory& rooms, const std::string& path) {
    return static_cast<bool>(room::channel_at(rooms, path));
}

bool has_room(const config::Config& file, const std::string& path) {
    room::Records records;
    for (const auto& channel : file.control.channels) {
        records.channels.push_back({.channel = channel});
    }
    return has_room(room::Directory(records), path);
}

Result<void> judge(const config::Config& config, bool there) {
    const auto& path = config.control.away_room;
    if (path.empty() || there) {
        return {};
    }
    return config::complain(config.given, "away_room",
                            std::format("there is no room \"{}\"; name one as \"Room/Sub room\", "
                                        "from the top, or leave the key out",
                                        path));
}

}  // namespace

Result<void> check_away_room(const config::Config& config, const room::Directory& rooms) {
    return judge(config, has_room(rooms, config.control.away_room));
}

Result<void> check_away_room(const config::Config& config, const config::Config& started,
                             const room::Directory& rooms) {
    const auto& path = config.control.away_room;
    // What a file says as before leaves alone what became of the room since; what it takes up or
    // drops holds from the next start on.
    const bool said = has_room(config, path);
    const bool said_before = has_room(started, path);
    return judge(config, said == said_before ? has_room(rooms, path) : said);
}

}  // namespace partyline::server
