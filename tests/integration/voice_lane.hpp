// The voice lane of somebody who is logged in, on a bare socket: with nothing of a talkie, that heeds no rule.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "crypto/hop.hpp"
#include "net/udp.hpp"
#include "server/control/caller_test_support.hpp"
#include "wire/datagram.hpp"

namespace partyline::integration {

class VoiceLane {
public:
    VoiceLane(const control::Caller& caller, std::uint16_t port, Route route)
        : session_(caller.session),
          up_(crypto::hop_key(caller.exported(crypto::exporter_label_up).value())),
          route_(route),
          socket_(net::UdpSocket::connect(net::Endpoint::loopback_v4(port)).value()) {}

    /// The number comes back in the answer.
    void ping(std::uint64_t number = 0) {
        send(wire::DatagramKind::ping,
             wire::encode(wire::Ping{.sent = number, .downlink_loss_permille = 0}));
    }
    /// The number of the last ping that was answered, as far as was heard.
    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    /// Somebody's number of a packet, in place of a voice, in so many bytes.
    void say(std::uint64_t number, std::size_t bytes = sizeof(std::uint64_t)) {
        Bytes sealed(bytes);
        store_be(sealed, number);
        Bytes record;
        wire::append_record(record, {.speaker = session_, .stream_and_flags = 0, .sealed = sealed});
        send(wire::DatagramKind::voice, record);
    }
    struct Packet {
        SessionId speaker{};
        ByteView sealed;  // until the next is heard
    };
    /// Answers challenges, and calls `each(Packet)` for what was said since.
    template <class Each>
    void hear(Each each) {
        std::array<std::byte, wire::datagram_bytes_max> buffer{};
        while (const auto got = socket_.receive(buffer)) {
            const auto bytes = ByteView(buffer).first(got->bytes);
            if (const auto parsed = wire::parse_header(bytes);
                parsed && parsed->header.kind == wire::DatagramKind::challenge) {
                send(wire::DatagramKind::echo, parsed->body);
            } else if (parsed && parsed->header.kind == wire::DatagramKind::pong) {
                const auto pong = wire::parse_pong(parsed->body);
                answered_ = pong ? pong->sent : answered_;
            } else if (auto records = wire::DownlinkRecords::parse(bytes)) {
                while (const auto record = records->next()) {
                    each(Packet{.speaker = record->speaker, .sealed = record->sealed});
                }
            }
        }
    }
    /// What others said since, each by its number.
    std::vector<std::uint64_t> hear() {
        std::vector<std::uint64_t> numbers;
        hear([&](const Packet& packet) {
            numbers.push_back(load_be<std::uint64_t>(packet.sealed));
        });
        return numbers;
    }

private:
    void send(wire::DatagramKind kind, ByteView body) {
        Bytes bytes(wire::uplink_header_bytes);
        wire::write_header(bytes, {.kind = kind, .route = route_, .counter = ++counter_});
        append(bytes, body);
        crypto::hop_seal(up_, bytes);
        EXPECT_TRUE(socket_.send(bytes));
    }

    const SessionId session_;
    const crypto::HopKey up_;
    const Route route_;
    net::UdpSocket socket_;
    std::uint64_t counter_ = 0;
    std::uint64_t answered_ = 0;
};

}  // namespace partyline::integration
