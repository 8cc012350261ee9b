#include "server/room/view.hpp"

#include <algorithm>

#include "server/room/names.hpp"

namespace partyline::room {

View view_of(const Directory& directory, Subject subject, ChannelId own) {
    View view;
    for (const auto& [id, record] : directory.channels()) {
        if (id == own || decide(directory, subject, id, Permission::see)) {
            view.emplace(id, record.channel.parent);
        }
    }
    for (auto& [id, parent] : view) {
        while (parent && !view.contains(parent)) {
            const auto* above = directory.find(parent);
            parent = above == nullptr ? ChannelId{} : above->channel.parent;
        }
    }
    return view;
}

ChannelId channel_at(const Directory& directory, std::string_view path) {
    ChannelId at{};
    while (!path.empty()) {
        const auto end = std::min(path.size(), path.find('/'));
        const auto name = fold_name(path.substr(0, end));
        const auto found = std::ranges::find_if(directory.channels(), [&](const auto& entry) {
            const auto& channel = entry.second.channel;
            return channel.parent == at && fold_name(channel.name) == name;
        });
        if (found == directory.channels().end()) {
            return {};
        }
        at = found->first;
        path.remove_prefix(std::min(path.size(), end + 1));
    }
    return at;
}

ViewKey view_key(const Directory& directory, Subject subject) {
    ViewKey key{.everything = is_owner(directory, subject), .roles = {}};
    for (const auto* role : roles_of(directory, subject)) {
        key.roles.push_back(role->id);
    }
    return key;
}

}  // namespace partyline::room
