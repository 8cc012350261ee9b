#include "cli/report.hpp"

#include <algorithm>
#include <cstddef>
#include <format>
#include <iterator>
#include <map>
#include <tuple>

namespace partyline::cli {
namespace {

const client::Room* find(const std::vector<client::Room>& rooms, ChannelId id) {
    const auto found = std::ranges::find(rooms, id, &client::Room::id);
    return found == rooms.end() ? nullptr : &*found;
}

}  // namespace

std::string person_name(const View& view, SessionId session) {
    const auto found = std::ranges::find(view.people, session, &client::Person::session);
    return found == view.people.end() ? std::format("#{}", session.value) : found->name;
}

std::string room_path(const std::vector<client::Room>& rooms, ChannelId room) {
    std::string path;
    // As many steps as there are rooms, lest a server that sends a circle catches us.
    for (std::size_t steps = 0; room && steps < rooms.size(); ++steps) {
        const auto* found = find(rooms, room);
        if (found == nullptr) {
            break;
        }
        path = path.empty() ? found->name : found->name + "/" + path;
        room = found->parent;
    }
    return path.empty() && room ? std::format("#{}", room.value) : path;
}

std::vector<client::Room> in_tree_order(std::vector<client::Room> rooms) {
    std::ranges::sort(rooms, {}, [](const client::Room& room) {
        return std::tuple(room.order, std::string_view(room.name), room.id);
    });
    std::multimap<ChannelId, const client::Room*> children;
    for (const auto& room : rooms) {
        children.emplace(room.parent, &room);
    }
    // What a server sends need not be a tree. Each room is under one parent only, so none is taken
    // twice; those in a circle are never reached.
    std::vector<client::Room> out;
    std::vector<const client::Room*> waiting;
    const auto add_children_of = [&](ChannelId parent) {
        const auto [first, last] = children.equal_range(parent);
        const auto start = static_cast<std::ptrdiff_t>(waiting.size());
        std::transform(first, last, std::back_inserter(waiting),
                       [](const auto& entry) { return entry.second; });
        std::reverse(waiting.begin() + start, waiting.end());
    };
    add_children_of(ChannelId{});
    while (!waiting.empty()) {
        const auto* room = waiting.back();
        waiting.pop_back();
        out.push_back(*room);
        // A room that claims the number 0 would be everybody's parent.
        if (room->id) {
            add_children_of(room->id);
        }
    }
    return out;
}

std::string_view code_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::unspecified: return "unspecified";
        case ErrorCode::unsupported: return "unsupported";
        case ErrorCode::malformed: return "malformed";
        case ErrorCode::too_large: return "too_large";
        case ErrorCode::wrong_version: return "wrong_version";
        case ErrorCode::bad_signature: return "bad_signature";
        case ErrorCode::wrong_identity: return "wrong_identity";
        case ErrorCode::not_logged_in: return "not_logged_in";
        case ErrorCode::already_logged_in: return "already_logged_in";
        case ErrorCode::invalid_name: return "invalid_name";
        case ErrorCode::name_taken: return "name_taken";
        case ErrorCode::unknown_channel: return "unknown_channel";
        case ErrorCode::unknown_session: return "unknown_session";
        case ErrorCode::not_in_room: return "not_in_room";
        case ErrorCode::rate_limited: return "rate_limited";
        case ErrorCode::server_full: return "server_full";
        case ErrorCode::bad_key_share: return "bad_key_share";
        case ErrorCode::shutting_down: return "shutting_down";
        case ErrorCode::timed_out: return "timed_out";
        case ErrorCode::not_permitted: return "not_permitted";
        case ErrorCode::unknown_text: return "unknown_text";
        case ErrorCode::store_failed: return "store_failed";
        case ErrorCode::replaced: return "replaced";
        case ErrorCode::kicked: return "kicked";
        case ErrorCode::banned: return "banned";
        case ErrorCode::room_full: return "room_full";
        case ErrorCode::bad_password: return "bad_password";
        case ErrorCode::unknown_role: return "unknown_role";
        case ErrorCode::unknown_account: return "unknown_account";
        case ErrorCode::resume_refused: return "resume_refused";
        case ErrorCode::unknown_ban: return "unknown_ban";
        case ErrorCode::unknown_invite: return "unknown_invite";
        case ErrorCode::unknown_person: return "unknown_person";
        case ErrorCode::not_kept: return "not_kept";
        case ErrorCode::io: return "io";
        case ErrorCode::closed: return "closed";
        case ErrorCode::config: return "config";
    }
    return "unspecified";
}

}  // namespace partyline::cli
