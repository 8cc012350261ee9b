#include "bench/relay/floor.hpp"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "wire/limits.hpp"

namespace partyline::bench {

Floor::~Floor() {
    if (thread_.joinable()) {
        stop_.wake();
        thread_.join();
    }
}

void Floor::start(std::vector<net::Endpoint> members) {
    thread_ = std::thread(&Floor::run, this, std::move(members));
}

std::chrono::nanoseconds Floor::cpu_time() {
    clockid_t clock{};
    timespec time{};
    pthread_getcpuclockid(thread_.native_handle(), &clock);
    clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void Floor::run(std::vector<net::Endpoint> members) {
    std::array<std::byte, wire::datagram_bytes_max> buffer;
    iovec payload{};
    std::vector<sockaddr_storage> to(members.size());
    std::vector<mmsghdr> messages(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
        auto& header = messages[i].msg_hdr;
        header.msg_name = &to[i];
        header.msg_namelen = members[i].to_native(to[i], net::Endpoint::Family::v4);
        header.msg_iov = &payload;
        header.msg_iovlen = 1;
    }
    const int fds[] = {socket_.fd(), stop_.fd()};
    while ((net::poll_readable(fds, std::nullopt) & 2U) == 0) {
        const auto received = socket_.receive(buffer);
        if (!received || received->bytes <= wire::uplink_header_bytes) {
            continue;
        }
        payload = {.iov_base = buffer.data() + wire::uplink_header_bytes - 1,
                   .iov_len = received->bytes - wire::uplink_header_bytes + 1};
        buffer[wire::uplink_header_bytes - 1] = std::byte{0x11};
        // All but the speaker: what stands before it, then what stands behind.
        const auto speaker =
            static_cast<std::size_t>(std::ranges::find(members, received->from) - members.begin());
        sendmmsg(socket_.fd(), messages.data(), static_cast<unsigned>(speaker), 0);
        sendmmsg(socket_.fd(), messages.data() + speaker + 1,
                 static_cast<unsigned>(members.size() - speaker - 1), 0);
    }
}

}  // namespace partyline::bench
