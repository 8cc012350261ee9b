#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/relay/hand_talkie.hpp"

namespace partyline::relay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Tunnel, CarriesTheSameDatagramsBothWays) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    HandTalkie cid(3);
    scene.open(cid, lobby);
    scene.relay.set_downlink(cid.seat, DownlinkLane::tunnel);

    scene.arrive(ann, ann.voice("hello"));
    Bytes expected{wire::downlink_voice_lead};
    append(expected, ann.record("hello"));
    const auto down = scene.relay.take_tunnel_down(10);
    ASSERT_EQ(down.size(), 1U);
    EXPECT_EQ(down[0].session, cid.session);
    EXPECT_EQ(down[0].datagram, expected);
    EXPECT_THAT(scene.take_heard({&bob, &cid}), ElementsAre("1>2:hello"));

    EXPECT_TRUE(scene.relay.tunnel_up(cid.seat, cid.voice("from the tunnel")));
    scene.relay.flush();
    EXPECT_THAT(scene.take_heard({&ann, &bob}),
                ElementsAre("3>1:from the tunnel", "3>2:from the tunnel"));
}

TEST(Tunnel, TheSameChecksHold) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto up = [&](const SeatPtr& seat, ByteView datagram) {
        scene.relay.tunnel_up(seat, datagram);
        scene.relay.flush();
        return scene.take_heard({&ann, &bob}).size();
    };
    const auto good = ann.voice("x");
    auto forged = ann.voice("x");
    forged.back() ^= std::byte{1};
    EXPECT_EQ(up(ann.seat, forged), 0U);
    EXPECT_EQ(up(bob.seat, good), 0U) << "another's packet";
    EXPECT_EQ(up(ann.seat, Bytes(3)), 0U);
    EXPECT_EQ(up(ann.seat, Bytes(2000)), 0U);
    EXPECT_EQ(up(ann.seat, good), 1U);
    EXPECT_EQ(up(ann.seat, good), 0U) << "a replay";
    scene.arrive(ann, good);
    EXPECT_EQ(scene.sent.size(), 0U) << "one window for both lanes";
    scene.relay.set_flags(ann.seat, {.muted = true});
    EXPECT_EQ(up(ann.seat, ann.voice("x")), 0U);
}

TEST(Tunnel, NeverTouchesAddressesAndIsNotAnswered) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    HandTalkie bob(2);
    scene.open(bob, lobby);
    const auto proven = ann.seat->address.load();
    scene.relay.tunnel_up(ann.seat, ann.ping());
    scene.relay.tunnel_up(bob.seat, bob.ping());
    EXPECT_EQ(scene.sent.size(), 0U);
    EXPECT_EQ(ann.seat->address.load(), proven);

    const auto challenge = scene.answer(bob, bob.ping()).value();
    scene.relay.tunnel_up(bob.seat, bob.echo(challenge));
    EXPECT_FALSE(bob.seat->address.load()) << "the echo must come from the address";
}

TEST(Tunnel, WhatWaitsIsBoundedAndControlIsWokenOnce) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    scene.relay.set_downlink(bob.seat, DownlinkLane::tunnel);
    int woken = 0;
    scene.relay.on_tunnel_down([&] { ++woken; });
    for (std::size_t i = 0; i < tunnel_down_max + 3; ++i) {
        scene.clock.advance(std::chrono::milliseconds(20));
        scene.arrive(ann, ann.voice("x"));
    }
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(scene.relay.counters().dropped_tunnel_full, 3U);
    EXPECT_EQ(scene.relay.take_tunnel_down(1).size(), 1U);
    scene.arrive(ann, ann.voice("x"));
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(scene.relay.take_tunnel_down(2 * tunnel_down_max).size(), tunnel_down_max);
    EXPECT_THAT(scene.relay.take_tunnel_down(1), IsEmpty());
    scene.arrive(ann, ann.voice("x"));
    EXPECT_EQ(woken, 2);
}

}  // namespace
}  // namespace partyline::relay
