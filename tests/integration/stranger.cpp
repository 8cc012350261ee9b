#include "integration/stranger.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <string>
#include <thread>

#include "harness/failure.hpp"
#include "harness/limits.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

using harness::Descriptor;
using harness::Failure;

sockaddr_in loopback(std::uint8_t host, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    out.sin_port = htons(port);
    return out;
}

template <class Call>
bool with(Call call, const Descriptor& socket, const sockaddr_in& address) {
    return call(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Failure failure(std::string_view what) {
    return Failure(std::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

Descriptor stranger(int type, std::uint8_t host, std::uint16_t server_port) {
    Descriptor out(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (out.get() < 0 || !with(::bind, out, loopback(host, 0)) ||
        (!with(::connect, out, loopback(1, server_port)) && errno != EINPROGRESS)) {
        throw failure("a stranger cannot reach the server");
    }
    return out;
}

Bytes client_hello() {
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    socklen_t bytes = sizeof address;
    if (!with(::bind, listener, loopback(1, 0)) || ::listen(listener.get(), 1) != 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
        throw failure("cannot listen");
    }
    const auto port = ntohs(address.sin_port);
    std::jthread talkie([port] {
        net::Loop loop;
        net::TlsStream stream(loop, net::TlsContext::client(wire::alpn));
        const auto connect = [](net::TlsStream& to, std::uint16_t number) -> net::task<> {
            // Fails when it has said hello and we hang up.
            static_cast<void>(co_await to.connect("127.0.0.1", number, harness::patience));
        };
        loop.run_until_done(connect(stream, port));
    });
    const Descriptor accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<std::byte, 2048> buffer{};
    const auto count = ::recv(accepted.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) {
        throw failure("no ClientHello came");
    }
    return to_bytes(ByteView(buffer).first(static_cast<std::size_t>(count)));
}

std::size_t resident_kb(int pid) {
    std::ifstream status(std::format("/proc/{}/status", pid));
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") {
            std::size_t kb = 0;
            status >> kb;
            return kb;
        }
    }
    throw Failure(std::format("no memory of process {} is told", pid));
}

}  // namespace partyline::integration
