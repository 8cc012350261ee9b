// Which way voice takes when the network is not what it should be.

#include <gtest/gtest.h>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Lanes : public TalkTest {};

TEST_F(Lanes, UdpIsTakenWhereItWorks) {
    const auto bob = enter({.name = "bob"});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    bob->wait("lane", "lane", "udp");
    alice->wait("lane", "lane", "udp");
    hear_more(*bob, "alice");
    EXPECT_EQ(bob->stats()["lane"], "udp");
    EXPECT_GT(bob->stats()["round_trip_ms"], 0);
}

TEST_F(Lanes, WithoutUdpEverythingIsTunnelled) {
    const auto bob = enter({.name = "bob", .more = {"--no-udp"}});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_), .more = {"--no-udp"}});
    hear_more(*bob, "alice", 200);
    EXPECT_EQ(bob->heard("alice")["packets_lost"], 0);
    EXPECT_EQ(bob->stats()["lane"], "tunnel");
    EXPECT_EQ(alice->stats()["lane"], "tunnel");
}

TEST_F(Lanes, UdpThatDiesIsLeftSoonAndTakenAgain) {
    harness::Tap tap(port());
    const auto bob = enter({.name = "bob", .port = tap.port()});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    bob->wait("lane", "lane", "udp");
    hear_more(*bob, "alice");

    auto mark = bob->mark();
    const auto died = SystemClock().now();
    tap.drop_udp(true);
    const auto tunnel = bob->wait("lane", "lane", "tunnel", mark);
    const TimePoint left(std::chrono::nanoseconds(tunnel["t_ns"].get<std::int64_t>()));
    // Up to a second until the next ping, and two of patience, on a clock of their own in lane_test.cpp. A machine
    // that is busy with other tests takes longer.
    EXPECT_LT(left - died, std::chrono::seconds(30));
    RecordProperty("left_after_ms", static_cast<int>((left - died) / std::chrono::milliseconds(1)));
    hear_more(*bob, "alice");

    mark = bob->mark();
    tap.drop_udp(false);
    bob->wait("lane", "lane", "udp", mark);
    hear_more(*bob, "alice");
}

TEST_F(Lanes, UdpThatNeverWorkedIsNoObstacle) {
    harness::Tap alices(port());
    harness::Tap bobs(port());
    alices.drop_udp(true);
    bobs.drop_udp(true);
    const auto bob = enter({.name = "bob", .port = bobs.port()});
    const auto alice =
        enter({.name = "alice", .port = alices.port(), .mic = long_speech(scratch_)});
    hear_more(*bob, "alice");
    EXPECT_EQ(bob->heard("alice")["packets_lost"], 0);
}

TEST_F(Lanes, IPv6) {
    server_->stop();
    start_server({.data = "v6", .listen = "[::1]:0"});
    const auto bob = enter({.name = "bob", .host = "::1"});
    const auto alice = enter({.name = "alice", .host = "::1", .mic = long_speech(scratch_)});
    bob->wait("lane", "lane", "udp");
    hear_more(*bob, "alice");
}

}  // namespace
}  // namespace partyline::integration
