#include <algorithm>
#include <format>
#include <string_view>

#include "client/ascii_case.hpp"
#include "client/talkie.hpp"

namespace partyline::client {
namespace {

bool same_text(std::string_view a, std::string_view b) { return a == b; }

using Same = bool (*)(std::string_view, std::string_view);

// Room names may hold a slash, so a path is not cut at slashes: it is walked, name by name.
void collect(const std::vector<Room>& rooms, ChannelId parent, std::string_view path, Same same,
             std::vector<ChannelId>& found) {
    for (const auto& room : rooms) {
        if (room.parent != parent || room.name.empty() || room.name.size() > path.size() ||
            !same(path.substr(0, room.name.size()), room.name)) {
            continue;
        }
        const auto rest = path.substr(room.name.size());
        if (rest.empty()) {
            found.push_back(room.id);
        } else if (rest.front() == '/') {
            collect(rooms, room.id, rest.substr(1), same, found);
        }
    }
}

void append_paths(const std::vector<Room>& rooms, ChannelId parent, const std::string& prefix,
                  std::string& out) {
    for (const auto& room : rooms) {
        if (room.parent == parent && room.id) {
            const auto path = prefix + room.name;
            out += std::format("{}\"{}\"", out.empty() ? "" : ", ", path);
            append_paths(rooms, room.id, path + "/", out);
        }
    }
}

}  // namespace

Result<ChannelId> find_room(const std::vector<Room>& rooms, std::string_view path) {
    for (const Same same : {same_text, same_but_for_case}) {
        std::vector<ChannelId> found;
        collect(rooms, ChannelId{}, path, same, found);
        if (found.size() == 1) {
            return found.front();
        }
        if (found.size() > 1) {
            return fail(ErrorCode::unknown_channel,
                        std::format("\"{}\" names more than one room.", path));
        }
    }
    std::string existing;
    append_paths(rooms, ChannelId{}, "", existing);
    return fail(ErrorCode::unknown_channel,
                existing.empty()
                    ? std::format("There is no room \"{}\", as the server has none.", path)
                    : std::format("There is no room \"{}\". There are: {}.", path, existing));
}

}  // namespace partyline::client
