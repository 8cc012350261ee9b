// Proving addresses: at first registration and when a talkie roams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/relay/hand_talkie.hpp"

namespace partyline::relay {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::DatagramKind;

const auto elsewhere = net::Endpoint::v4({192, 0, 2, 7}, 999);

TEST(Address, APingFromAnUnprovenAddressGetsTheChallengeOnly) {
    Scene scene;
    HandTalkie ann(1);
    scene.open(ann, lobby);
    const auto ping = ann.ping();
    const auto challenge = scene.answer(ann, ping);
    ASSERT_TRUE(challenge);
    EXPECT_TRUE(ann.trusts(*challenge, DatagramKind::challenge));
    EXPECT_LE(challenge->size(), ping.size());

    EXPECT_FALSE(scene.answer(ann, ann.echo(*challenge))) << "the echo is not answered";
    const auto pong = scene.answer(ann, ann.ping());
    ASSERT_TRUE(pong);
    EXPECT_TRUE(ann.trusts(*pong, DatagramKind::pong));
    EXPECT_EQ(pong->size(), ping.size());
}

TEST(Address, NothingIsStreamedBeforeTheEcho) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    HandTalkie bob(2);
    scene.open(bob, lobby);
    const auto challenge = scene.answer(bob, bob.ping());
    scene.arrive(ann, ann.voice("x"));
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
    scene.arrive(bob, bob.echo(challenge.value()));
    scene.arrive(ann, ann.voice("y"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:y"));
}

TEST(Address, ADatagramShorterThanAChallengeGetsNone) {
    Scene scene;
    HandTalkie ann(1);
    scene.open(ann, lobby);
    constexpr auto headers = wire::uplink_header_bytes + wire::record_header_bytes;
    const std::string shorter(probe_bytes - headers - 1, 'x');
    const std::string as_long(probe_bytes - headers, 'x');
    EXPECT_FALSE(scene.answer(ann, ann.voice(shorter)));
    const auto challenge = scene.answer(ann, ann.voice(as_long));
    ASSERT_TRUE(challenge);
    EXPECT_TRUE(ann.trusts(*challenge, DatagramKind::challenge));
}

TEST(Address, TheDownlinkMovesOnlyWithTheEchoFromThere) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    auto roaming = bob;
    roaming.address = elsewhere;
    scene.clock.advance(challenge_gap_min);
    const auto challenge = scene.answer(roaming, roaming.ping());
    ASSERT_TRUE(challenge);
    scene.arrive(ann, ann.voice("x"));
    EXPECT_THAT(scene.take_heard({&bob, &roaming}), ElementsAre("1>2:x"));
    EXPECT_EQ(scene.sent.size(), 0U);

    // From the old address the echo proves nothing about the new one.
    bob.counter = roaming.counter;
    scene.arrive(bob, bob.echo(*challenge));
    scene.arrive(ann, ann.voice("y"));
    EXPECT_EQ(scene.sent.front().first, bob.address);
    scene.sent.clear();

    roaming.counter = bob.counter;
    scene.arrive(roaming, roaming.echo(*challenge));
    scene.arrive(ann, ann.voice("z"));
    ASSERT_EQ(scene.sent.size(), 1U);
    EXPECT_EQ(scene.sent.front().first, roaming.address);
}

TEST(Address, OnlyANewerPacketMakesTheRelayAsk) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto held_back = ann.ping();
    scene.arrive(ann, ann.ping());
    scene.sent.clear();
    scene.clock.advance(challenge_gap_min);
    // Somebody on the way has kept the older packet and sends it from elsewhere now.
    scene.relay.deliver(held_back, elsewhere);
    EXPECT_EQ(scene.sent.size(), 0U);
    scene.relay.deliver(ann.ping(), elsewhere);
    EXPECT_EQ(scene.sent.size(), 1U);
}

TEST(Address, AnUnprovenAddressKeepsNoDownlinkAlive) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    scene.clock.advance(uplink_silence_max / 2);
    scene.relay.deliver(bob.ping(), elsewhere);
    scene.clock.advance(uplink_silence_max / 2);
    scene.sent.clear();
    scene.arrive(ann, ann.voice("x"));
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
}

TEST(Address, AChallengeExpiresAndIsUnlikeAllOthers) {
    Scene scene;
    HandTalkie ann(1);
    scene.open(ann, lobby);
    const auto first = scene.answer(ann, ann.ping()).value();
    EXPECT_FALSE(scene.answer(ann, ann.ping())) << "one in challenge_gap_min";
    scene.clock.advance(challenge_gap_min);
    const auto again = scene.answer(ann, ann.ping()).value();
    const auto nonce = [](const Bytes& challenge) {
        return to_bytes(ByteView(challenge).subspan(wire::uplink_header_bytes));
    };
    EXPECT_EQ(nonce(again), nonce(first)) << "an echo under way stays good";

    scene.clock.advance(challenge_lifetime - challenge_gap_min);
    const auto renewed = scene.answer(ann, ann.echo(first)).value();
    EXPECT_TRUE(ann.trusts(renewed, DatagramKind::challenge)) << "expired: asked anew";
    EXPECT_NE(nonce(renewed), nonce(first));
    scene.clock.advance(challenge_lifetime - milliseconds(1));
    EXPECT_FALSE(scene.answer(ann, ann.echo(renewed)));
    EXPECT_TRUE(ann.trusts(scene.answer(ann, ann.ping()).value(), DatagramKind::pong));
}

TEST(Address, FewChallengesAreOutstanding) {
    Scene scene;
    HandTalkie ann(1);
    scene.open(ann, lobby);
    std::vector<std::pair<net::Endpoint, Bytes>> challenges;
    for (std::uint16_t i = 0; i <= challenges_max; ++i) {
        scene.clock.advance(challenge_gap_min);
        ann.address = elsewhere.with_port(static_cast<std::uint16_t>(1000 + i));
        challenges.emplace_back(ann.address, scene.answer(ann, ann.ping()).value());
    }
    const auto proves = [&](std::size_t which) {
        ann.address = challenges[which].first;
        scene.arrive(ann, ann.echo(challenges[which].second));
        return ann.seat->address.load() == PeerAddress{.endpoint = ann.address};
    };
    EXPECT_FALSE(proves(0)) << "pushed out by the last one";
    scene.clock.advance(challenge_gap_min);
    EXPECT_TRUE(proves(challenges_max));
    EXPECT_FALSE(proves(1)) << "a good echo ends all others";
}

TEST(Address, AnOldRouteProvesNothing) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto old = ann;
    old.address = elsewhere;
    ann.route = scene.relay.move(ann.seat, kitchen);
    scene.clock.advance(challenge_gap_min);
    EXPECT_FALSE(scene.answer(old, old.ping()));
    // The proven address goes along with the move.
    EXPECT_TRUE(ann.trusts(scene.answer(ann, ann.ping()).value(), DatagramKind::pong));
}

TEST(Address, NobodyUnprovenIsEverAnswered) {
    Scene scene;
    HandTalkie ann(1);
    scene.open(ann, lobby);
    HandTalkie forger(1);
    forger.route = ann.route;
    forger.epoch = 9;  // keys that the relay does not have
    for (const auto& datagram : {forger.ping(), forger.voice(std::string(100, 'x')),
                                 forger.echo(Bytes(probe_bytes)), Bytes(40), Bytes(0)}) {
        EXPECT_FALSE(scene.answer(forger, datagram));
    }
    EXPECT_EQ(scene.sent.size(), 0U);
}

TEST(AddressCell, KeepsAllOfAnAddress) {
    AddressCell cell;
    EXPECT_FALSE(cell.load());
    const PeerAddress addresses[] = {
        {.endpoint = net::Endpoint::loopback_v4(1)},
        {.endpoint = net::Endpoint::loopback_v6(65535), .socket = 15},
        {.endpoint = {net::Endpoint::loopback_v6(0).address(), 0, 0xFFFFFFFF}, .socket = 255},
        {.endpoint = net::Endpoint::loopback_v4(2),
         .socket = 1,
         .local = net::Endpoint::v4({127, 0, 0, 2}, 0).address()},
        {},
    };
    for (const auto& address : addresses) {
        ASSERT_TRUE(cell.store(address));
        EXPECT_EQ(cell.load(), address);
    }
}

}  // namespace
}  // namespace partyline::relay
