// For tests: a talkie's end of the voice lane, each datagram made by hand.
#pragma once

#include <algorithm>
#include <format>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/hop.hpp"
#include "net/endpoint.hpp"
#include "server/relay/manual_relay.hpp"
#include "server/relay/relay.hpp"
#include "wire/datagram.hpp"

namespace partyline::relay {

inline HopKeys make_keys(SessionId session, std::uint8_t epoch) {
    const auto key = [&](std::uint8_t direction) {
        Bytes bytes(sizeof(crypto::HopKey), std::byte{direction});
        store_be(bytes, session.value);
        bytes[4] = std::byte{epoch};
        return crypto::HopKey(bytes);
    };
    return {.epoch = epoch, .up = key(1), .down = key(2)};
}

struct HandTalkie {
    explicit HandTalkie(std::uint32_t number)
        : session{number},
          address(net::Endpoint::v4(
              {10, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)},
              4000)) {}

    Bytes datagram(wire::DatagramKind kind, ByteView body) {
        Bytes bytes(wire::uplink_header_bytes);
        wire::write_header(
            bytes, {.kind = kind, .hop_epoch = epoch, .route = route, .counter = ++counter});
        append(bytes, body);
        crypto::hop_seal(make_keys(session, epoch).up, bytes);
        return bytes;
    }

    Bytes record(std::string_view text, std::uint8_t stream_and_flags = 0) const {
        Bytes bytes;
        wire::append_record(
            bytes,
            {.speaker = session, .stream_and_flags = stream_and_flags, .sealed = as_bytes(text)});
        return bytes;
    }

    Bytes voice(std::string_view text, std::uint8_t stream_and_flags = 0) {
        return datagram(wire::DatagramKind::voice, record(text, stream_and_flags));
    }

    Bytes ping(wire::Ping ping = {}) {
        return datagram(wire::DatagramKind::ping, wire::encode(ping));
    }

    /// What it answers to a challenge.
    Bytes echo(ByteView challenge) {
        return datagram(wire::DatagramKind::echo, challenge.subspan(wire::uplink_header_bytes));
    }

    /// Whether a datagram is of this kind and proves to come from its server.
    [[nodiscard]] bool trusts(ByteView bytes, wire::DatagramKind kind) const {
        const auto parsed = wire::parse_header(bytes);
        return parsed && parsed->header.kind == kind && bytes.size() == probe_bytes &&
               crypto::hop_verify(make_keys(session, parsed->header.hop_epoch).down, bytes);
    }

    const SessionId session;
    net::Endpoint address;
    SeatPtr seat;
    Route route{};
    std::uint8_t epoch = 0;
    std::uint64_t counter = 0;
};

/// A relay with its clock and all that it has sent.
struct Scene {
    Scene()
        : relay(clock, &Scene::fill_counting, [this](const net::Endpoint& to, ByteView datagram) {
              sent.emplace_back(to, to_bytes(datagram));
          }) {}

    static void fill_counting(MutableByteView out) {
        static std::uint8_t next = 0;
        std::ranges::fill(out, std::byte{++next});
    }

    /// A talkie in a room, its address proven.
    HandTalkie seat(std::uint32_t number, ChannelId channel) {
        HandTalkie talkie(number);
        open(talkie, channel);
        prove(talkie);
        return talkie;
    }

    void open(HandTalkie& talkie, ChannelId channel) {
        auto seated = relay.open_seat(talkie.session, make_keys(talkie.session, talkie.epoch));
        talkie.seat = seated.seat;
        talkie.route = channel ? relay.move(seated.seat, channel) : seated.route;
        relay.set_downlink(talkie.seat, DownlinkLane::udp);
    }

    void prove(HandTalkie& talkie) {
        clock.advance(challenge_gap_min);
        const auto challenge = answer(talkie, talkie.ping());
        arrive(talkie, talkie.echo(challenge.value_or(Bytes(probe_bytes))));
        sent.clear();
    }

    void arrive(const HandTalkie& from, ByteView datagram) {
        relay.deliver(datagram, from.address);
        relay.flush();
    }

    /// The one datagram that comes back to the talkie for what it sends.
    std::optional<Bytes> answer(const HandTalkie& from, ByteView datagram) {
        sent.clear();
        arrive(from, datagram);
        if (sent.size() != 1 || sent.front().first != from.address) {
            return std::nullopt;
        }
        return std::exchange(sent, {}).front().second;
    }

    /// What was heard since the last call, as "speaker>listener:text", sorted.
    std::vector<std::string> take_heard(std::span<const HandTalkie* const> listeners) {
        std::vector<std::string> heard;
        for (const auto& [to, datagram] : std::exchange(sent, {})) {
            const auto listener = std::ranges::find(listeners, to, &HandTalkie::address);
            const auto name =
                listener == listeners.end() ? "nobody" : std::to_string((*listener)->session.value);
            auto records = wire::DownlinkRecords::parse(datagram);
            while (auto record = records ? records->next() : std::nullopt) {
                heard.push_back(
                    std::format("{}>{}:{}", record->speaker.value, name, as_text(record->sealed)));
            }
        }
        std::ranges::sort(heard);
        return heard;
    }
    std::vector<std::string> take_heard(std::initializer_list<const HandTalkie*> listeners) {
        return take_heard(std::span(listeners.begin(), listeners.size()));
    }

    ManualClock clock;
    std::vector<std::pair<net::Endpoint, Bytes>> sent;
    ManualRelay relay;
};

inline constexpr ChannelId lobby{1};
inline constexpr ChannelId kitchen{2};

}  // namespace partyline::relay
