// The least that any relay must do: take a datagram, hand the same bytes to the system for each
// listener. No check, no lookup, no bundling.
#pragma once

#include <chrono>
#include <thread>
#include <vector>

#include "net/endpoint.hpp"
#include "net/udp.hpp"

namespace partyline::bench {

class Floor {
public:
    explicit Floor(net::UdpSocket socket) : socket_(std::move(socket)) {}
    ~Floor();

    /// Starts forwarding from each of the members to all others.
    void start(std::vector<net::Endpoint> members);
    [[nodiscard]] net::Endpoint address() const { return socket_.local(); }
    [[nodiscard]] std::chrono::nanoseconds cpu_time();

private:
    void run(std::vector<net::Endpoint> members);

    net::UdpSocket socket_;
    net::WakeFd stop_;
    std::thread thread_;
};

}  // namespace partyline::bench
