#include "bench/relay/crowd.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "wire/datagram.hpp"

namespace partyline::bench {
namespace {

using std::chrono::milliseconds;
using wire::DatagramKind;

// SFrame header, media time, 10 ms of speech at 48 kbit/s, tag. The first 8 bytes are the time of
// sending, as the relay does not look in here.
constexpr std::size_t sealed_bytes = 8 + 4 + 60 + 16;
constexpr Duration patience = std::chrono::seconds(2);
constexpr std::size_t socket_buffer_bytes = 1024 * 1024;

relay::HopKeys keys_of(SessionId session) {
    Bytes bytes(sizeof(crypto::HopKey));
    store_be(bytes, session.value);
    return {.up = crypto::HopKey(bytes), .down = crypto::HopKey(bytes)};
}

}  // namespace

Crowd::Crowd(const net::Endpoint& server, const Load& load) : load_(load) {
    const auto start = std::chrono::steady_clock::now();
    const auto total = load.rooms * load.members;
    const Duration interval = Duration(std::chrono::seconds(1)) / load.frames_per_s;
    for (std::uint32_t i = 0; i < total; ++i) {
        const SessionId session{i + 1};
        members_.push_back({.session = session,
                            .socket = net::UdpSocket::connect(
                                          server, {.receive_buffer_bytes = socket_buffer_bytes})
                                          .value(),
                            .up = keys_of(session).up.clone()});
        Ear::ask_for_stamps(members_.back().socket.fd());
        // All speak at the same rate, each at a time of its own.
        if (i % load.members < load.speakers) {
            const auto place = (i % load.members) * load.rooms + i / load.members;
            members_.back().speaks_at = start + interval * place / (load.speakers * load.rooms);
        }
    }
}

std::vector<net::Endpoint> Crowd::addresses() const {
    std::vector<net::Endpoint> all;
    for (const auto& member : members_) {
        all.push_back(member.socket.local());
    }
    return all;
}

bool Crowd::enter(relay::Relay& relay) {
    return std::ranges::all_of(members_, [&](Member& member) {
        member.seat = relay.open_seat(member.session, keys_of(member.session)).seat;
        const auto room = (member.session.value - 1) / load_.members + 1;
        member.route = relay.move(member.seat, ChannelId{room});
        relay.set_downlink(member.seat, relay::DownlinkLane::udp);
        return prove(member);
    });
}

Bytes Crowd::datagram(Member& member, DatagramKind kind, ByteView body) {
    Bytes bytes(wire::uplink_header_bytes);
    wire::write_header(bytes, {.kind = kind, .route = member.route, .counter = ++member.counter});
    append(bytes, body);
    crypto::hop_seal(member.up, bytes);
    return bytes;
}

std::optional<Bytes> Crowd::answer(Member& member, ByteView datagram) {
    member.socket.send(datagram);
    const int fds[] = {member.socket.fd()};
    if (net::poll_readable(fds, patience) == 0) {
        return std::nullopt;
    }
    Bytes buffer(wire::datagram_bytes_max);
    const auto received = member.socket.receive(buffer);
    buffer.resize(received ? received->bytes : 0);
    return buffer;
}

bool Crowd::prove(Member& member) {
    const auto ping = wire::encode(wire::Ping{});
    const auto challenge = answer(member, datagram(member, DatagramKind::ping, ping));
    if (!challenge || challenge->size() <= wire::uplink_header_bytes) {
        return false;
    }
    const auto nonce = ByteView(*challenge).subspan(wire::uplink_header_bytes);
    member.socket.send(datagram(member, DatagramKind::echo, nonce));
    return answer(member, datagram(member, DatagramKind::ping, ping)).has_value();
}

void Crowd::speak(Member& member) {
    std::array<std::byte, sealed_bytes> sealed{};
    store_be(MutableByteView(sealed), static_cast<std::uint64_t>(stamp_now()));
    Bytes record;
    wire::append_record(record, {.speaker = member.session, .sealed = sealed});
    member.socket.send(datagram(member, DatagramKind::voice, record));
    ++frames_said_;
}

void Crowd::sweep(Heard& heard) {
    for (const auto& member : members_) {
        ear_.sweep(member.socket.fd(), [&](ByteView datagram, std::int64_t received_at) {
            auto records = wire::DownlinkRecords::parse(datagram);
            while (const auto record = records ? records->next() : std::nullopt) {
                ++heard.records;
                const auto sent_at = load_be<std::uint64_t>(record->sealed);
                heard.latencies_ns.push_back(received_at - static_cast<std::int64_t>(sent_at));
            }
        });
    }
}

Heard Crowd::run(Duration duration) {
    Heard heard;
    heard.latencies_ns.reserve(1'000'000);
    const Duration interval = Duration(std::chrono::seconds(1)) / load_.frames_per_s;
    const auto start = std::chrono::steady_clock::now();
    for (auto& member : members_) {
        while (member.speaks_at < start) {
            member.speaks_at += interval;
        }
    }
    auto now = start;
    while (now < start + duration) {
        // A tick that took too long is not made up for.
        std::this_thread::sleep_until(now + milliseconds(1));
        now = std::chrono::steady_clock::now();
        for (auto& member : members_) {
            for (; member.speaks_at <= now; member.speaks_at += interval) {
                speak(member);
            }
        }
        sweep(heard);
    }
    heard.seconds = std::chrono::duration<double>(now - start).count();
    return heard;
}

}  // namespace partyline::bench
