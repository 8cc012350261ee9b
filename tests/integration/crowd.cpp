#include "integration/crowd.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "integration/stranger.hpp"

namespace partyline::integration {
namespace {

constexpr std::uint8_t first_host = 2;
/// Sooner than this nobody is cut for being slow.
constexpr Duration turned_away_within = std::chrono::milliseconds(500);

}  // namespace

Crowd::Crowd(const Plan& plan) : plan_(plan), hello_(client_hello()), all_(plan.connections) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
        all_[i].kind = static_cast<Kind>(i % 3);
        all_[i].host = static_cast<std::uint8_t>(first_host + i / 3 % plan_.hosts);
        open(all_[i]);
    }
}

void Crowd::open(One& one) {
    one.socket = stranger(SOCK_STREAM, one.host, plan_.server_port);
    one.opened = SystemClock().now();
    one.said = 0;
}

void Crowd::step() {
    const auto now = SystemClock().now();
    seen_.open = 0;
    for (auto& one : all_) {
        if (is_closed(one)) {
            const auto stood = now - one.opened;
            ++(stood < turned_away_within ? seen_.turned_away : seen_.cut);
            open(one);
        } else {
            ++seen_.open;
            seen_.longest = std::max(seen_.longest, now - one.opened);
            say(one);
        }
    }
}

bool Crowd::is_closed(const One& one) {
    std::array<std::byte, 4096> answer{};
    const auto count = ::recv(one.socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != ENOTCONN);
}

void Crowd::say(One& one) const {
    std::size_t until = 0;
    switch (one.kind) {
        case Kind::silent: break;
        case Kind::byte_by_byte: until = std::min(one.said + 1, hello_.size()); break;
        case Kind::half: until = hello_.size(); break;
    }
    const auto next = ByteView(hello_).subspan(one.said, until - one.said);
    const auto count = ::send(one.socket.get(), next.data(), next.size(), MSG_NOSIGNAL);
    one.said += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

}  // namespace partyline::integration
