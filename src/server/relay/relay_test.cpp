// The relay with its threads and real sockets.
#include "server/relay/relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "base/random.hpp"
#include "net/udp.hpp"
#include "server/relay/hand_talkie.hpp"

namespace partyline::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::DatagramKind;

constexpr Duration patience = seconds(20);

std::unique_ptr<Relay> make_relay(unsigned threads,
                                  net::Endpoint listen = net::Endpoint::any_v6(0)) {
    return Relay::create({.listen = {listen}, .threads = threads}).value();
}

// A talkie with a socket of its own.
struct LiveTalkie : HandTalkie {
    LiveTalkie(Relay& relay_in, std::uint32_t number, const net::Endpoint& server)
        : HandTalkie(number), relay(relay_in), socket(net::UdpSocket::connect(server).value()) {
        auto seated = relay.open_seat(session, make_keys(session, epoch));
        seat = seated.seat;
        route = seated.route;
        relay.set_downlink(seat, DownlinkLane::udp);
    }

    void move(ChannelId channel) { route = relay.move(seat, channel); }

    std::optional<Bytes> next(Duration limit = patience) {
        const int fds[] = {socket.fd()};
        Bytes buffer(slot_bytes);
        if (net::poll_readable(fds, limit) == 0) {
            return std::nullopt;
        }
        const auto received = socket.receive(buffer);
        buffer.resize(received ? received->bytes : 0);
        return buffer;
    }

    // Ping, challenge, echo, ping, pong.
    bool prove() {
        socket.send(ping());
        const auto challenge = next();
        if (!challenge || !trusts(*challenge, DatagramKind::challenge)) {
            return false;
        }
        socket.send(echo(*challenge));
        return reaches();
    }

    bool reaches() {
        socket.send(ping());
        const auto pong = next();
        return pong && trusts(*pong, DatagramKind::pong);
    }

    std::string hear() {
        const auto datagram = next().value_or(Bytes{});
        auto records = wire::DownlinkRecords::parse(datagram);
        const auto record = records ? records->next() : std::nullopt;
        return record ? std::format("{}:{}", record->speaker.value, as_text(record->sealed)) : "";
    }

    Relay& relay;
    net::UdpSocket socket;
};

/// On a relay of their own.
struct AnnAndBob {
    explicit AnnAndBob(std::unique_ptr<Relay> on,
                       const net::Endpoint& reach = net::Endpoint::loopback_v4(0))
        : relay(std::move(on)), server(reach.with_port(relay->port())) {}

    void move(ChannelId channel) {
        ann.move(channel);
        bob.move(channel);
    }
    bool prove() { return ann.prove() && bob.prove(); }

    const std::unique_ptr<Relay> relay;
    const net::Endpoint server;
    LiveTalkie ann{*relay, 1, server};
    LiveTalkie bob{*relay, 2, server};
};

struct Case {
    unsigned threads;
    net::Endpoint listen;
    net::Endpoint reach;
};

class LiveRelay : public testing::TestWithParam<Case> {};

TEST_P(LiveRelay, CarriesVoiceBetweenSocketsAndAcrossThreads) {
    const auto& [threads, listen, reach] = GetParam();
    AnnAndBob both(make_relay(threads, listen), reach);
    auto& [relay, server, ann, bob] = both;
    ASSERT_TRUE(both.prove());
    for (std::uint32_t room = 1; room <= 4; ++room) {
        both.move(ChannelId{room});
        // A pong shows that bob's thread has obeyed; ann's packet is behind her own move anyway.
        ASSERT_TRUE(bob.reaches());
        const auto text = std::to_string(room);
        // Whoever speaks does so for a while from then on, and reading may take us longer.
        const auto spoke_at = std::chrono::steady_clock::now();
        ann.socket.send(ann.voice(text));
        EXPECT_EQ(bob.hear(), "1:" + text);
        EXPECT_TRUE(relay->speaking(ann.seat, spoke_at));
        bob.socket.send(bob.voice(text));
        EXPECT_EQ(ann.hear(), "2:" + text);
    }
    const auto counters = relay->counters();
    EXPECT_EQ(counters.forwarded_records, 8U);
    EXPECT_GE(counters.sent, 8U);
    EXPECT_GT(counters.sent_bytes, counters.sent);
    EXPECT_EQ(counters.dropped_malformed + counters.dropped_bad_mac +
                  counters.dropped_unknown_route + counters.dropped_replayed,
              0U);
    EXPECT_GT(relay->cpu_time(), std::chrono::nanoseconds(0));
}

INSTANTIATE_TEST_SUITE_P(
    Relay, LiveRelay,
    testing::Values(Case{1, net::Endpoint::loopback_v4(0), net::Endpoint::loopback_v4(0)},
                    Case{1, net::Endpoint::loopback_v6(0), net::Endpoint::loopback_v6(0)},
                    Case{1, net::Endpoint::any_v6(0), net::Endpoint::loopback_v4(0)},
                    Case{3, net::Endpoint::any_v6(0), net::Endpoint::loopback_v4(0)},
                    Case{3, net::Endpoint::any_v6(0), net::Endpoint::loopback_v6(0)}));

TEST(Relay, ListensOnSeveralAddresses) {
    const auto relay = Relay::create(
        {.listen = {net::Endpoint::loopback_v4(0), net::Endpoint::loopback_v6(0)}, .threads = 2});
    ASSERT_TRUE(relay) << relay.error().message;
    LiveTalkie ann(**relay, 1, net::Endpoint::loopback_v4((*relay)->port()));
    LiveTalkie bob(**relay, 2, net::Endpoint::loopback_v6((*relay)->port()));
    ann.move(lobby);
    bob.move(lobby);
    ASSERT_TRUE(ann.prove());
    ASSERT_TRUE(bob.prove());
    ann.socket.send(ann.voice("x"));
    EXPECT_EQ(bob.hear(), "1:x");
    bob.socket.send(bob.voice("y"));
    EXPECT_EQ(ann.hear(), "2:y");
}

TEST(Relay, AnswersFromTheAddressThatWasWrittenTo) {
    for (const auto& listen : {net::Endpoint::any_v6(0), net::Endpoint::any_v4(0)}) {
        const auto relay = make_relay(2, listen);
        // Sockets that are connected to an address of this machine that it would not answer from.
        const auto server = net::Endpoint::v4({127, 0, 0, 2}, relay->port());
        LiveTalkie ann(*relay, 1, server);
        LiveTalkie bob(*relay, 2, net::Endpoint::v4({127, 0, 0, 3}, relay->port()));
        ann.move(lobby);
        bob.move(lobby);
        ASSERT_TRUE(ann.prove());
        ASSERT_TRUE(bob.prove());
        ann.socket.send(ann.voice("x"));
        EXPECT_EQ(bob.hear(), "1:x");
    }
}

TEST(Relay, CarriesTheTunnelThroughItsRings) {
    AnnAndBob both(make_relay(2));
    auto& [relay, server, ann, bob] = both;
    both.move(lobby);
    ASSERT_TRUE(ann.prove());
    relay->set_downlink(bob.seat, DownlinkLane::tunnel);
    std::binary_semaphore woken(0);
    relay->on_tunnel_down([&] { woken.release(); });

    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(ann.reaches()) << "the wake function has arrived";
        ann.socket.send(ann.voice("down"));
        ASSERT_TRUE(woken.try_acquire_for(patience));
        const auto down = relay->take_tunnel_down(10);
        ASSERT_EQ(down.size(), 1U);
        EXPECT_EQ(down[0].session, bob.session);
        EXPECT_TRUE(relay->tunnel_up(bob.seat, bob.voice("up")));
        EXPECT_EQ(ann.hear(), "2:up");
    }
    EXPECT_TRUE(relay->tunnel_up(bob.seat, Bytes(3)));
    EXPECT_EQ(relay->counters().dropped_malformed, 1U);
}

TEST(Relay, NoThreadsTunnelWaitsForAnothersToBeEmpty) {
    AnnAndBob both(make_relay(2));
    auto& [relay, server, ann, bob] = both;
    LiveTalkie cid(*relay, 3, server);
    LiveTalkie dot(*relay, 4, server);
    both.move(lobby);
    const auto thread_of = [](const LiveTalkie& talkie) { return talkie.route.value & 0xFFU; };
    for (std::uint32_t room = lobby.value + 1; room < 1'000; ++room) {
        cid.move(ChannelId{room});
        if (thread_of(cid) != thread_of(ann)) {
            dot.move(ChannelId{room});
            break;
        }
    }
    ASSERT_NE(thread_of(dot), thread_of(ann));
    for (const auto* listener : {&bob, &dot}) {
        relay->set_downlink(listener->seat, DownlinkLane::tunnel);
    }
    constexpr std::uint64_t each = 6;
    const auto give_up_at = std::chrono::steady_clock::now() + patience;
    for (std::uint64_t i = 1; i <= each; ++i) {
        ASSERT_TRUE(relay->tunnel_up(ann.seat, ann.voice("x")));
        ASSERT_TRUE(relay->tunnel_up(cid.seat, cid.voice("x")));
        // One by one, or several would share a datagram.
        while (relay->counters().forwarded_records < 2 * i &&
               std::chrono::steady_clock::now() < give_up_at) {
            ann.next(milliseconds(1));  // nothing comes; the threads go on
        }
        ASSERT_EQ(relay->counters().forwarded_records, 2 * i);
    }
    for (std::uint64_t taken = 0; taken < 2 * each; taken += 4) {
        std::vector<std::uint32_t> sessions;
        for (const auto& down : relay->take_tunnel_down(4)) {
            sessions.push_back(down.session.value);
        }
        EXPECT_THAT(sessions, testing::UnorderedElementsAre(2, 2, 4, 4));
    }
}

TEST(Relay, ATunnelFloodIsRefusedOnceTheRingIsFull) {
    const auto relay = make_relay(1);
    LiveTalkie ann(*relay, 1, net::Endpoint::loopback_v4(relay->port()));
    const auto datagram = ann.voice("x");
    std::size_t refused = 0;
    constexpr std::size_t flood = 200 * tunnel_up_max;
    for (std::size_t i = 0; i < flood; ++i) {
        refused += relay->tunnel_up(ann.seat, datagram) ? 0U : 1U;
    }
    EXPECT_EQ(relay->counters().dropped_tunnel_full, refused);
    ASSERT_TRUE(ann.prove());  // nothing is stuck
}

/// Of so many that should come.
std::size_t records_heard(LiveTalkie& talkie, std::size_t wanted) {
    std::size_t heard = 0;
    while (heard < wanted) {
        const auto datagram = talkie.next();
        if (!datagram) {
            break;
        }
        auto records = wire::DownlinkRecords::parse(*datagram);
        while (records && records->next()) {
            ++heard;
        }
    }
    return heard;
}

TEST(Relay, ABurstLongerThanABatchIsCarriedAndAnsweredWhole) {
    AnnAndBob both(make_relay(1));
    auto& [relay, server, ann, bob] = both;
    both.move(lobby);
    ASSERT_TRUE(both.prove());
    for (std::size_t i = 0; i <= receive_batch_max; ++i) {
        ASSERT_TRUE(ann.socket.send(ann.voice("x")));
    }
    EXPECT_EQ(records_heard(bob, receive_batch_max + 1), receive_batch_max + 1);
    for (std::size_t i = 0; i <= replies_max; ++i) {
        ASSERT_TRUE(ann.socket.send(ann.ping()));
    }
    for (std::size_t i = 0; i <= replies_max; ++i) {
        const auto pong = ann.next();
        ASSERT_TRUE(pong && ann.trusts(*pong, DatagramKind::pong)) << i;
    }
}

TEST(Relay, WhatOneSendCallCannotTakeGoesWithTheNext) {
    constexpr std::size_t talkers = 64;
    static_assert(talkers * talkers > send_slices_max, "nobody gets their own record");
    const auto relay = make_relay(1);
    std::vector<std::unique_ptr<LiveTalkie>> crowd;
    while (crowd.size() < 1 + send_datagrams_max + 1) {
        const auto number = static_cast<std::uint32_t>(crowd.size() + 1);
        crowd.push_back(std::make_unique<LiveTalkie>(*relay, number,
                                                     net::Endpoint::loopback_v4(relay->port())));
        crowd.back()->move(lobby);
        ASSERT_TRUE(crowd.back()->prove());
    }
    crowd.front()->socket.send(crowd.front()->voice("x"));
    for (const auto& listener : std::span(crowd).subspan(1)) {
        ASSERT_EQ(listener->hear(), "1:x");
    }
    const auto some = std::span(crowd).first(talkers);
    for (const auto& talker : some) {
        talker->socket.send(talker->voice("y"));
    }
    for (const auto& listener : crowd) {
        const auto others = talkers - std::size_t{listener->session.value <= talkers};
        ASSERT_EQ(records_heard(*listener, others), others);
    }
    EXPECT_EQ(relay->counters().dropped_send_failed, 0U);
}

TEST(Relay, MoreOrdersThanTheRingHoldsAreAllObeyed) {
    AnnAndBob both(make_relay(1));
    auto& [relay, server, ann, bob] = both;
    ASSERT_TRUE(both.prove());
    for (std::uint32_t i = 0; i <= commands_max; ++i) {
        both.move(ChannelId{1 + i % 2});
    }
    ann.socket.send(ann.voice("x"));
    EXPECT_EQ(bob.hear(), "1:x");
}

TEST(Relay, TheByteThatNamesTheThreadIsTheLowestOfTheRoute) {
    HandTalkie ann(1);
    ann.route = Route{0x11223344};
    EXPECT_EQ(ann.voice("x").at(route_low_byte_offset), std::byte{0x44});
}

TEST(Relay, RefusesWhatCannotWork) {
    const net::Endpoint any = net::Endpoint::loopback_v4(0);
    EXPECT_FALSE(Relay::create({.listen = {any}, .threads = 0}));
    EXPECT_FALSE(Relay::create({.listen = {any}, .threads = threads_max + 1}));
    EXPECT_FALSE(Relay::create({.listen = {}}));
    EXPECT_FALSE(Relay::create({.listen = std::vector(listen_endpoints_max + 1, any)}));
    EXPECT_TRUE(Relay::create({.listen = {any}, .threads = threads_max}));

    const auto holder = make_relay(1, any);
    const auto again = Relay::create({.listen = {net::Endpoint::loopback_v4(holder->port())}});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::io);
    EXPECT_TRUE(again.error().message.contains(std::to_string(holder->port())));
}

// --- under the thread sanitizer this is the test -------------------------------------------------

// A sender that has nothing to do with control but the route that it was told.
void talk(std::stop_token stop, std::uint32_t number, std::uint16_t port,
          const std::atomic<std::uint32_t>& route) {
    HandTalkie talkie(number);
    auto socket = net::UdpSocket::connect(net::Endpoint::loopback_v4(port)).value();
    Bytes buffer(slot_bytes);
    while (!stop.stop_requested()) {
        talkie.route = Route{route.load()};
        socket.send(talkie.ping());
        socket.send(talkie.voice("chatter"));
        const int fds[] = {socket.fd()};
        net::poll_readable(fds, milliseconds(1));
        while (const auto received = socket.receive(buffer)) {
            const auto bytes = ByteView(buffer).first(received->bytes);
            if (talkie.trusts(bytes, DatagramKind::challenge)) {
                socket.send(talkie.echo(bytes));
            }
        }
    }
}

TEST(Relay, ControlChangesEverythingWhileAllTalk) {
    constexpr std::uint32_t talkers = 4;
    constexpr int changes = 2000;
    const auto relay = make_relay(2);
    std::vector<SeatPtr> seats;
    std::array<std::atomic<std::uint32_t>, talkers> routes{};
    for (std::uint32_t i = 0; i < talkers; ++i) {
        const SessionId session{i + 1};
        auto seated = relay->open_seat(session, make_keys(session, 0));
        seats.push_back(seated.seat);
        routes[i] = seated.route.value;
    }
    relay->on_tunnel_down([] {});
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t i = 0; i < talkers; ++i) {
            threads.emplace_back(talk, i + 1, relay->port(), std::cref(routes[i]));
        }
        Random random(7);
        for (int i = 0; i < changes; ++i) {
            const auto who = random.below(talkers);
            const auto& seat = seats[who];
            routes[who] =
                relay->move(seat, ChannelId{static_cast<std::uint32_t>(random.below(4))}).value;
            relay->set_flags(seat, {.muted = random.chance(0.1), .deafened = random.chance(0.1)});
            relay->set_downlink(seat,
                                random.chance(0.5) ? DownlinkLane::udp : DownlinkLane::tunnel);
            relay->rekey(seats[random.below(talkers)], make_keys(SessionId{99}, 1));
            relay->tunnel_up(seat, Bytes(64));
            relay->take_tunnel_down(8);
            relay->update_room_losses();
            relay->speaking(seat, std::chrono::steady_clock::now());
            relay->counters();
            if (i % 16 == 0) {
                net::poll_readable({}, milliseconds(1));  // lets the others have the processor
            }
        }
    }
    for (const auto& seat : seats) {
        relay->close_seat(seat);
    }
    EXPECT_GT(relay->counters().received, 0U);
}

TEST(Relay, ForgetsClosedSeats) {
    const auto relay = make_relay(1);
    std::vector<std::weak_ptr<Seat>> watched;
    {
        LiveTalkie ann(*relay, 1, net::Endpoint::loopback_v4(relay->port()));
        ann.move(lobby);
        ASSERT_TRUE(ann.prove());
        watched.push_back(ann.seat);
        relay->close_seat(ann.seat);
        relay->close_seat(ann.seat);
    }
    // Another talkie's pong shows that the thread has obeyed what came before; the route from
    // before the move lives on for old_route_lifetime.
    LiveTalkie bob(*relay, 2, net::Endpoint::loopback_v4(relay->port()));
    ASSERT_TRUE(bob.prove());
    EXPECT_LE(watched[0].use_count(), 1);
}

}  // namespace
}  // namespace partyline::relay
