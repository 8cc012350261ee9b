#include "harness/tap.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

#include "harness/failure.hpp"

namespace partyline::harness {
namespace {

constexpr int port_attempts_max = 50;
constexpr std::size_t stream_bytes_max = 64 * 1024;
/// A busy machine may keep the tap waiting; what waits with it must not be lost, or the tap would
/// be a bad network.
constexpr int socket_buffer_bytes = 4 * 1024 * 1024;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

Descriptor make_socket(int type) {
    return Descriptor(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::uint16_t port_of(const Descriptor& socket) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Tap::Tap(std::uint16_t server_port)
    : server_(loopback(server_port)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (int attempt = 0; attempt < port_attempts_max && port_ == 0; ++attempt) {
        listener_ = make_socket(SOCK_STREAM);
        talkie_udp_ = make_socket(SOCK_DGRAM);
        const auto any = loopback(0);
        if (::bind(listener_.get(), generic(any), sizeof(any)) != 0) {
            continue;
        }
        // The system gave a free TCP port; the same number may be taken for UDP.
        const auto same = loopback(port_of(listener_));
        if (::bind(talkie_udp_.get(), generic(same), sizeof(same)) == 0) {
            port_ = port_of(listener_);
        }
    }
    server_udp_ = make_socket(SOCK_DGRAM);
    if (port_ == 0 || ::listen(listener_.get(), 16) != 0 ||
        ::connect(server_udp_.get(), generic(server_), sizeof(server_)) != 0) {
        throw Failure(std::format("cannot set up a tap: {}", std::strerror(errno)));
    }
    for (const auto* socket : {&talkie_udp_, &server_udp_}) {
        ::setsockopt(socket->get(), SOL_SOCKET, SO_RCVBUFFORCE, &socket_buffer_bytes,
                     sizeof(socket_buffer_bytes));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Tap::~Tap() {
    thread_.request_stop();
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
}

std::vector<Tap::Datagram> Tap::datagrams() const {
    const std::lock_guard lock(mutex_);
    return datagrams_;
}

void Tap::cut_tcp() {
    cut_tcp_ = true;
    ::eventfd_write(wake_.get(), 1);
}

void Tap::refuse_tcp(bool on) {
    refuse_tcp_ = on;
    if (on) {
        cut_tcp();
    }
}

void Tap::inject_down(ByteView datagram) {
    const std::lock_guard lock(mutex_);
    if (!talkie_) {
        throw Failure("the tap does not know yet where its talkie is");
    }
    ::sendto(talkie_udp_.get(), datagram.data(), datagram.size(), 0, generic(*talkie_),
             sizeof(*talkie_));
}

void Tap::inject_up(ByteView datagram) {
    ::send(server_udp_.get(), datagram.data(), datagram.size(), 0);
}

void Tap::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::vector<pollfd> polled;
        const auto watch = [&polled](int fd, short events) {
            polled.push_back({.fd = fd, .events = events, .revents = 0});
        };
        watch(wake_.get(), POLLIN);
        watch(listener_.get(), POLLIN);
        watch(talkie_udp_.get(), POLLIN);
        watch(server_udp_.get(), POLLIN);
        for (const auto& connection : connections_) {
            for (const auto* stream : {&connection.up, &connection.down}) {
                // Read only what can be handed on, so that the far end feels a slow reader.
                if (!stream->waiting.empty()) {
                    watch(stream->to, POLLOUT);
                } else if (!stream->ended) {
                    watch(stream->from, POLLIN);
                }
            }
        }
        ::poll(polled.data(), polled.size(), -1);
        std::vector<int> ready;
        for (const auto& one : polled) {
            if (one.revents != 0) {
                ready.push_back(one.fd);
            }
        }
        forward_up();
        forward_down();
        if (std::ranges::contains(ready, wake_.get())) {
            eventfd_t count = 0;
            ::eventfd_read(wake_.get(), &count);
        }
        if (cut_tcp_.exchange(false)) {
            connections_.clear();
        }
        serve_connections(ready);
        if (std::ranges::contains(ready, listener_.get())) {
            accept_connection();
        }
    }
}

void Tap::accept_connection() {
    Descriptor talkie(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    Descriptor server = make_socket(SOCK_STREAM);
    if (talkie.get() < 0 || refuse_tcp_) {
        return;
    }
    // On loopback this either succeeds at once or the server is not there.
    if (::connect(server.get(), generic(server_), sizeof(server_)) != 0 && errno != EINPROGRESS) {
        return;
    }
    const int t = talkie.get();
    const int s = server.get();
    connections_.push_back({.talkie = std::move(talkie),
                            .server = std::move(server),
                            .up = {.from = t, .to = s},
                            .down = {.from = s, .to = t}});
}

/// Moves what can be moved. False when the connection is broken.
bool Tap::pump(Stream& stream, bool readable) {
    if (stream.waiting.empty() && !stream.ended && readable) {
        stream.waiting.resize(stream_bytes_max);
        const auto count = ::recv(stream.from, stream.waiting.data(), stream.waiting.size(), 0);
        if (count < 0 && errno != EAGAIN) {
            return false;
        }
        stream.ended = count == 0;
        stream.waiting.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        if (stream.ended) {
            ::shutdown(stream.to, SHUT_WR);
        }
    }
    if (!stream.waiting.empty()) {
        const auto count =
            ::send(stream.to, stream.waiting.data(), stream.waiting.size(), MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != ENOTCONN) {
            return false;
        }
        stream.waiting.erase(stream.waiting.begin(),
                             stream.waiting.begin() + std::max<ssize_t>(count, 0));
    }
    return true;
}

void Tap::serve_connections(const std::vector<int>& ready) {
    std::erase_if(connections_, [&ready](Connection& connection) {
        const bool fine = pump(connection.up, std::ranges::contains(ready, connection.up.from)) &&
                          pump(connection.down, std::ranges::contains(ready, connection.down.from));
        return !fine || (connection.up.ended && connection.down.ended);
    });
}

void Tap::note(Direction direction, ByteView bytes) {
    datagrams_.push_back(
        {.direction = direction, .at = SystemClock().now(), .bytes = to_bytes(bytes)});
}

void Tap::forward_up() {
    std::array<std::byte, 2048> buffer{};
    while (true) {
        sockaddr_in from{};
        socklen_t length = sizeof(from);
        const auto count = ::recvfrom(talkie_udp_.get(), buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from), &length);
        if (count < 0) {
            return;
        }
        const auto bytes = ByteView(buffer).first(static_cast<std::size_t>(count));
        {
            const std::lock_guard lock(mutex_);
            note(Direction::up, bytes);
            talkie_ = from;
        }
        if (!drop_udp_) {
            ::send(server_udp_.get(), bytes.data(), bytes.size(), 0);
        }
    }
}

void Tap::forward_down() {
    std::array<std::byte, 2048> buffer{};
    while (true) {
        const auto count = ::recv(server_udp_.get(), buffer.data(), buffer.size(), 0);
        if (count < 0) {
            return;
        }
        const auto bytes = ByteView(buffer).first(static_cast<std::size_t>(count));
        const std::lock_guard lock(mutex_);
        note(Direction::down, bytes);
        if (!drop_udp_ && talkie_) {
            ::sendto(talkie_udp_.get(), bytes.data(), bytes.size(), 0, generic(*talkie_),
                     sizeof(*talkie_));
        }
    }
}

}  // namespace partyline::harness
