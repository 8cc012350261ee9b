#include "net/udp.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <format>
#include <utility>
#include <vector>

#include "net/limits.hpp"

namespace partyline::net {
namespace {

std::unexpected<Error> system_failure(std::string_view what, const Endpoint& endpoint) {
    return fail(ErrorCode::io, std::format("cannot {} UDP {}: {}", what, endpoint.to_string(),
                                           std::strerror(errno)));
}

bool set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Beyond the system's limit where we may (CAP_NET_ADMIN), up to it where not.
void request_buffer(int fd, int name, int forced_name, std::size_t bytes) {
    if (bytes > 0 && !set_option(fd, SOL_SOCKET, forced_name, static_cast<int>(bytes))) {
        set_option(fd, SOL_SOCKET, name, static_cast<int>(bytes));
    }
}

int open_socket(Endpoint::Family family) {
    const int domain = family == Endpoint::Family::v4 ? AF_INET : AF_INET6;
    return socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
}

bool tell_local_address(int fd, Endpoint::Family family) {
    // An IPv6 socket tells it of IPv4 datagrams, too, in mapped form.
    return family == Endpoint::Family::v6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                                          : set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

bool configure(int fd, Endpoint::Family family, const UdpOptions& options) {
    bool good = true;
    if (family == Endpoint::Family::v6) {
        good = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0);
    }
    if (options.reuse_port) {
        good = good && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (options.count_overflow) {
        good = good && set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    }
    request_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, options.receive_buffer_bytes);
    request_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, options.send_buffer_bytes);
    return good;
}

using Attach = int (*)(int, const sockaddr*, socklen_t);

bool attach(int fd, Attach call, const Endpoint& endpoint, Endpoint::Family family) {
    sockaddr_storage native{};
    const auto bytes = endpoint.to_native(native, family);
    return call(fd, reinterpret_cast<const sockaddr*>(&native), bytes) == 0;
}

Endpoint::Family family_of(const Endpoint& endpoint) {
    return endpoint.is_v4() ? Endpoint::Family::v4 : Endpoint::Family::v6;
}

timespec to_timespec(Duration duration) {
    const auto left = std::max(duration, Duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
}

}  // namespace

Result<UdpSocket> UdpSocket::bind(const Endpoint& local, const UdpOptions& options) {
    auto family = family_of(local);
    auto address = local;
    int fd = open_socket(family);
    if (fd < 0 && errno == EAFNOSUPPORT && local == Endpoint::any_v6(local.port())) {
        family = Endpoint::Family::v4;
        address = Endpoint::any_v4(local.port());
        fd = open_socket(family);
    }
    if (fd < 0) {
        return system_failure("open", local);
    }
    UdpSocket socket(fd, family);
    if (!configure(fd, family, options) || (address.is_any() && !tell_local_address(fd, family)) ||
        !attach(fd, ::bind, address, family)) {
        return system_failure("bind", local);
    }
    return socket;
}

Result<UdpSocket> UdpSocket::connect(const Endpoint& peer, const UdpOptions& options) {
    const auto family = family_of(peer);
    const int fd = open_socket(family);
    if (fd < 0) {
        return system_failure("open", peer);
    }
    UdpSocket socket(fd, family);
    if (!configure(fd, family, options) || !attach(fd, ::connect, peer, family)) {
        return system_failure("reach", peer);
    }
    return socket;
}

UdpSocket::~UdpSocket() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), family_(other.family_) {}

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(family_, other.family_);
    return *this;
}

Endpoint UdpSocket::local() const {
    sockaddr_storage native{};
    socklen_t bytes = sizeof native;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&native), &bytes);
    return Endpoint::from_native(native);
}

std::size_t UdpSocket::receive_buffer_bytes() const {
    int value = 0;
    socklen_t bytes = sizeof value;
    getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &value, &bytes);
    return static_cast<std::size_t>(value);
}

std::optional<UdpSocket::Received> UdpSocket::receive(MutableByteView out) {
    sockaddr_storage from{};
    socklen_t from_bytes = sizeof from;
    // An ICMP error of an earlier send is told on the next call, once; then there may be data.
    for (int tries = 0; tries < pending_errors_max; ++tries) {
        const auto bytes = recvfrom(fd_, out.data(), out.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_bytes);
        if (bytes >= 0) {
            return Received{.bytes = static_cast<std::size_t>(bytes),
                            .from = Endpoint::from_native(from)};
        }
        if (errno == EAGAIN) {
            break;
        }
    }
    return std::nullopt;
}

bool UdpSocket::send_to(const Endpoint& to, ByteView datagram) {
    if (family_ == Endpoint::Family::v4 && !to.is_v4()) {
        return false;
    }
    sockaddr_storage native{};
    const auto bytes = to.to_native(native, family_);
    return sendto(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&native), bytes) >= 0;
}

bool UdpSocket::send(ByteView datagram) {
    return ::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0;
}

Result<void> UdpSocket::steer_by_byte(std::size_t offset, unsigned sockets) {
    // A: the byte, from the start of the datagram; too short a datagram ends the program with 0.
    std::array<sock_filter, 3> code{{
        {.code = BPF_LD | BPF_B | BPF_ABS, .jt = 0, .jf = 0, .k = static_cast<unsigned>(offset)},
        {.code = BPF_ALU | BPF_MOD | BPF_K, .jt = 0, .jf = 0, .k = sockets},
        {.code = BPF_RET | BPF_A, .jt = 0, .jf = 0, .k = 0},
    }};
    const sock_fprog program{.len = code.size(), .filter = code.data()};
    if (setsockopt(fd_, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) != 0) {
        return system_failure("steer", local());
    }
    return {};
}

// --- waking and polling ----------------------------------------------------------------------

WakeFd::WakeFd() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

WakeFd::~WakeFd() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

void WakeFd::wake() {
    const std::uint64_t one = 1;
    // Cannot fail but for a counter at its maximum, which is awake already.
    [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

void WakeFd::clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(fd_, &count, sizeof count);
}

std::uint64_t poll_readable(std::span<const int> fds, std::optional<Duration> limit) {
    assert(fds.size() <= poll_fds_max);
    std::array<pollfd, poll_fds_max> polled{};
    for (std::size_t i = 0; i < fds.size(); ++i) {
        polled[i] = {.fd = fds[i], .events = POLLIN, .revents = 0};
    }
    const auto timeout = to_timespec(limit.value_or(Duration::zero()));
    std::uint64_t readable = 0;
    if (ppoll(polled.data(), fds.size(), limit ? &timeout : nullptr, nullptr) > 0) {
        for (std::size_t i = 0; i < fds.size(); ++i) {
            readable |= std::uint64_t{polled[i].revents != 0} << i;
        }
    }
    return readable;
}

}  // namespace partyline::net
