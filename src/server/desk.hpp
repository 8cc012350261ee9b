// The other end of the admin socket: asks a running switchboard, one question after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <format>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "net/local.hpp"
#include "net/loop.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"

namespace partyline::server {

/// One thread: the loop's.
class Desk {
public:
    /// Fails with io when no server runs on that folder, or it is another user's.
    static net::task<Result<Desk>> open(net::Loop& loop, const std::filesystem::path& data_folder);

    /// Fails with what the server refuses it for, and with io when the connection breaks.
    template <class Answer>
    net::task<Result<Answer>> ask(wire::ClientBody body) {
        auto answer = co_await ask_anything(std::move(body));
        if (!answer) {
            co_return std::unexpected(answer.error());
        }
        if (auto* wanted = std::get_if<Answer>(&*answer)) {
            co_return std::move(*wanted);
        }
        co_return fail(ErrorCode::malformed,
                       std::format("the server answered {}", wire::name_of(*answer)));
    }

    /// "Room/Sub room"; nothing for no room.
    [[nodiscard]] Result<ChannelId> room_at(std::string_view path) const;
    [[nodiscard]] std::string path_of(ChannelId room) const;

    net::task<Result<RoleId>> role_named(std::string name);
    /// Once the roles have been asked for.
    [[nodiscard]] std::string name_of(RoleId role) const;
    net::task<Result<std::vector<wire::Role>>> roles();

private:
    explicit Desk(net::LocalStream stream) : stream_(std::move(stream)) {}

    net::task<Result<wire::ServerBody>> next();
    net::task<Result<wire::ServerBody>> ask_anything(wire::ClientBody body);

    net::LocalStream stream_;
    wire::FrameReader frames_;
    std::uint64_t requests_ = 0;
    std::vector<wire::Channel> rooms_;
    std::vector<wire::Role> roles_;
};

}  // namespace partyline::server
