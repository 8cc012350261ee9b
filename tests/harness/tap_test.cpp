#include "harness/tap.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace partyline::harness {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

/// A blocking socket that gives up reading after some seconds.
Descriptor make(int type) {
    Descriptor out(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(out.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return out;
}
Descriptor bound(int type, std::uint16_t port) {
    auto out = make(type);
    const auto address = loopback(port);
    EXPECT_EQ(::bind(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return out;
}
Descriptor connected(int type, std::uint16_t port) {
    auto out = make(type);
    const auto address = loopback(port);
    EXPECT_EQ(::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    return out;
}
std::uint16_t port_of(const Descriptor& socket) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}
void send(const Descriptor& socket, const std::string& text) {
    EXPECT_EQ(::send(socket.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
}
std::string receive(const Descriptor& socket) {
    std::string text(2048, '\0');
    const auto count = ::recv(socket.get(), text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

TEST(Tap, DatagramsPassAndAreNoted) {
    const auto server = bound(SOCK_DGRAM, 0);
    Tap tap(port_of(server));
    const auto talkie = connected(SOCK_DGRAM, tap.port());
    send(talkie, "up");
    std::string text(16, '\0');
    sockaddr_in from{};
    socklen_t length = sizeof(from);
    ASSERT_EQ(::recvfrom(server.get(), text.data(), text.size(), 0,
                         reinterpret_cast<sockaddr*>(&from), &length),
              2);
    ::sendto(server.get(), "down", 4, 0, reinterpret_cast<sockaddr*>(&from), length);
    EXPECT_EQ(receive(talkie), "down");
    tap.inject_down(as_bytes("forged"));
    EXPECT_EQ(receive(talkie), "forged");

    tap.drop_udp(true);
    send(talkie, "lost");
    while (tap.datagrams().size() < 3) {
        std::this_thread::yield();
    }
    tap.drop_udp(false);
    send(talkie, "again");
    EXPECT_EQ(receive(server), "again");
    const auto noted = tap.datagrams();
    ASSERT_EQ(noted.size(), 4U);
    EXPECT_EQ(as_text(noted[1].bytes), "down");
    EXPECT_EQ(noted[1].direction, Tap::Direction::down);
    EXPECT_EQ(as_text(noted[2].bytes), "lost");
}

TEST(Tap, StreamsPassUntouchedUntilBothSidesEnd) {
    const auto server = bound(SOCK_STREAM, 0);
    ASSERT_EQ(::listen(server.get(), 1), 0);
    Tap tap(port_of(server));
    const auto talkie = connected(SOCK_STREAM, tap.port());
    const Descriptor accepted(::accept(server.get(), nullptr, nullptr));
    ASSERT_GE(accepted.get(), 0);
    std::jthread sender([&] { send(talkie, std::string(1'000'000, 'x')); });
    std::string got;
    while (got.size() < 1'000'000) {
        const auto piece = receive(accepted);
        ASSERT_FALSE(piece.empty());
        got += piece;
    }
    send(accepted, "thanks");
    EXPECT_EQ(receive(talkie), "thanks");
    ::shutdown(talkie.get(), SHUT_WR);
    EXPECT_EQ(receive(accepted), "");
    send(accepted, "bye");
    EXPECT_EQ(receive(talkie), "bye");
}

}  // namespace
}  // namespace partyline::harness
