#include "server/desk.hpp"

#include <algorithm>

#include "server/data_folder.hpp"
#include "server/room/names.hpp"

namespace partyline::server {

net::task<Result<Desk>> Desk::open(net::Loop& loop, const std::filesystem::path& data_folder) {
    auto stream = net::LocalStream::connect(loop, data_folder / admin_socket_file);
    if (!stream) {
        co_return fail(ErrorCode::io,
                       std::format("{}; does the server run, on this data folder, and is it yours?",
                                   stream.error().message));
    }
    Desk desk(std::move(*stream));
    for (;;) {
        auto message = co_await desk.next();
        if (!message) {
            co_return std::unexpected(message.error());
        }
        if (auto* page = std::get_if<wire::ChannelPage>(&*message)) {
            std::ranges::move(page->channels, std::back_inserter(desk.rooms_));
        } else {
            break;  // all rooms have come
        }
    }
    co_return desk;
}

net::task<Result<wire::ServerBody>> Desk::next() {
    Bytes buffer(wire::frame_bytes_max);
    for (;;) {
        const auto message = frames_.next();
        if (!message) {
            co_return std::unexpected(message.error());
        }
        if (*message) {
            auto decoded = wire::decode_server(**message);
            if (!decoded) {
                co_return std::unexpected(decoded.error());
            }
            co_return std::move(decoded->body);
        }
        const auto got = co_await stream_.read_some(buffer);
        if (!got) {
            co_return fail(ErrorCode::io, "the server has ended the connection");
        }
        frames_.feed(ByteView(buffer).first(*got));
    }
}

net::task<Result<wire::ServerBody>> Desk::ask_anything(wire::ClientBody body) {
    const auto message =
        wire::encode(wire::ClientMessage{.request_id = ++requests_, .body = std::move(body)});
    Bytes frame;
    if (auto framed = wire::append_frame(frame, message); !framed) {
        co_return std::unexpected(framed.error());
    }
    if (auto written = co_await stream_.write(frame); !written) {
        co_return std::unexpected(written.error());
    }
    auto answer = co_await next();
    if (answer) {
        if (const auto* refusal = std::get_if<wire::Refusal>(&*answer)) {
            co_return std::unexpected(refusal->error);
        }
    }
    co_return answer;
}

// --- names ---------------------------------------------------------------------------------------

std::string Desk::path_of(ChannelId room) const {
    std::string path;
    auto at = std::ranges::find(rooms_, room, &wire::Channel::id);
    while (at != rooms_.end()) {
        path = path.empty() ? at->name : at->name + "/" + path;
        at = at->parent ? std::ranges::find(rooms_, at->parent, &wire::Channel::id) : rooms_.end();
    }
    return path;
}

Result<ChannelId> Desk::room_at(std::string_view path) const {
    if (path.empty()) {
        return ChannelId{};
    }
    const auto wanted = room::fold_name(path);
    const auto found = std::ranges::find_if(rooms_, [&](const wire::Channel& channel) {
        return room::fold_name(path_of(channel.id)) == wanted;
    });
    if (found == rooms_.end()) {
        return fail(ErrorCode::unknown_channel,
                    std::format("There is no room \"{}\"; write it as \"Room/Sub room\".", path));
    }
    return found->id;
}

net::task<Result<std::vector<wire::Role>>> Desk::roles() {
    auto answer = co_await ask<wire::Roles>(wire::GetRoles{});
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    roles_ = answer->roles;
    co_return roles_;
}

net::task<Result<RoleId>> Desk::role_named(std::string name) {
    if (auto known = co_await roles(); !known) {
        co_return std::unexpected(known.error());
    }
    const auto wanted = room::fold_name(name);
    std::string names;
    for (const auto& role : roles_) {
        if (room::fold_name(role.settings.name) == wanted) {
            co_return role.role;
        }
        names += std::format("{}{}", names.empty() ? "" : ", ", role.settings.name);
    }
    co_return fail(ErrorCode::unknown_role,
                   std::format("There is no role \"{}\"; there are {}.", name, names));
}

std::string Desk::name_of(RoleId role) const {
    const auto found = std::ranges::find(roles_, role, &wire::Role::role);
    return found == roles_.end() ? std::format("role {}", role.value) : found->settings.name;
}

}  // namespace partyline::server
