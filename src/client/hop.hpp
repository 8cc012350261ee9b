// What one connection of the control lane is to the voice threads: its keys, and the way over UDP.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "client/uplink.hpp"
#include "crypto/hop.hpp"
#include "net/endpoint.hpp"
#include "net/udp.hpp"

namespace partyline::client {

/// A socket for the datagrams of one server. Voice-up sends while voice-down receives: neither
/// touches more than the descriptor.
struct UdpWay {
    net::Endpoint server;
    net::UdpSocket socket;
};

/// The way to `server` from the address that the system would take now. `before` itself where that
/// is the way still, so that nothing is lost on it; it may be null. Fails as net::UdpSocket::connect().
Result<std::shared_ptr<UdpWay>> way_to(const net::Endpoint& server, std::shared_ptr<UdpWay> before);

/// A resumed connection brings another; who uses this one may go on, and holds it. [any]
struct Hop {
    struct Keys {
        crypto::HopKey up;
        crypto::HopKey down;
        std::uint8_t epoch = 0;
    };
    /// Without a way all voice is tunnelled.
    Hop(Keys keys, std::shared_ptr<UdpWay> way_in)
        : uplink(std::move(keys.up), keys.epoch),
          down(std::move(keys.down)),
          epoch(keys.epoch),
          way(std::move(way_in)) {}

    [[nodiscard]] net::UdpSocket* socket() const { return way ? &way->socket : nullptr; }

    Uplink uplink;
    const crypto::HopKey down;
    const std::uint8_t epoch;
    const std::shared_ptr<UdpWay> way;
};

}  // namespace partyline::client
