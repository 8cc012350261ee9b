// Takes what a socket has received, with the kernel's own time stamps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.hpp"

namespace partyline::bench {

/// Nanoseconds of the clock that the kernel stamps with.
std::int64_t stamp_now();

/// One for all sockets: what came is used before the next sweep. One thread.
class Ear {
public:
    Ear();
    ~Ear();

    /// Asks the kernel to stamp what this socket receives.
    static void ask_for_stamps(int fd);

    /// Calls back for each datagram that waits on the socket.
    void sweep(int fd,
               const std::function<void(ByteView datagram, std::int64_t received_at)>& on_datagram);

private:
    struct Native;
    std::unique_ptr<Native> native_;
};

}  // namespace partyline::bench
