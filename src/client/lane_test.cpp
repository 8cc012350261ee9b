#include "client/lane.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <vector>

#include "base/random.hpp"
#include "client/limits.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;

/// A judge and a line whose round trip and loss are as told. Runs event by event, as the voice-down
/// thread does, so a judge that asked to be looked at without having anything to do would hang it.
class Rig {
public:
    explicit Rig(std::function<bool(TimePoint)> answers = [](TimePoint) { return true; })
        : answers_(std::move(answers)) {
        judge.set_route(true, clock.now());
    }

    void run(Duration duration) {
        const auto end = clock.now() + duration;
        while (clock.now() < end) {
            look();
            auto next = end;
            if (const auto due = judge.next_due()) {
                next = std::min(next, *due);
            }
            for (const auto& pong : pongs_) {
                next = std::min(next, pong.at);
            }
            // A thread never wakes in no time at all.
            clock.set(std::max(next, clock.now() + 1us));
            ASSERT_LT(++looks, 100'000U) << "the judge never sleeps";
        }
    }

    ManualClock clock;
    LaneJudge judge;
    Duration round_trip = 30ms;
    std::vector<TimePoint> pings;
    std::vector<std::pair<TimePoint, Lane>> changes;
    std::size_t looks = 0;

private:
    struct Pong {
        TimePoint at;
        std::uint64_t sent = 0;
    };

    void look() {
        const auto now = clock.now();
        std::erase_if(pongs_, [&](const Pong& pong) {
            if (pong.at > now) {
                return false;
            }
            judge.on_pong(pong.sent, now);
            return true;
        });
        if (const auto sent = judge.take_ping(now)) {
            pings.push_back(now);
            if (answers_(now)) {
                pongs_.push_back({.at = now + round_trip, .sent = *sent});
            }
        }
        if (const auto lane = judge.take_change(now)) {
            changes.emplace_back(now, *lane);
        }
    }

    std::function<bool(TimePoint)> answers_;
    std::vector<Pong> pongs_;
};

TEST(Lane, StartsTunnelledAndTakesUdpWithTheFirstPong) {
    Rig rig;
    const auto start = rig.clock.now();
    EXPECT_EQ(rig.judge.lane(), Lane::tunnel);
    rig.run(1s);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes[0].second, Lane::udp);
    EXPECT_EQ(rig.changes[0].first - start, 30ms);
}

TEST(Lane, PingsNowAndThenAndOftenWhileAnybodyTalks) {
    Rig rig;
    rig.run(4 * ping_interval_idle + 1s);
    EXPECT_EQ(rig.pings.size(), 5U);
    rig.pings.clear();
    rig.judge.set_busy(true);
    rig.run(10 * ping_interval_busy);
    EXPECT_GE(rig.pings.size(), 9U);
    EXPECT_LE(rig.pings.size(), 11U);
    EXPECT_LT(rig.looks, 200U);
}

TEST(Lane, NothingHappensWithoutARoute) {
    Rig rig;
    rig.judge.set_route(false, rig.clock.now());
    EXPECT_FALSE(rig.judge.next_due());
    rig.run(100s);
    EXPECT_TRUE(rig.pings.empty());
    rig.judge.set_route(true, rig.clock.now());
    rig.run(1s);
    EXPECT_EQ(rig.judge.lane(), Lane::udp);
}

TEST(Lane, FallsWhenPongsAreLate) {
    bool alive = true;
    Rig rig([&](TimePoint) { return alive; });
    rig.judge.set_busy(true);
    rig.run(5s);
    alive = false;
    rig.changes.clear();
    const auto died = rig.clock.now();
    rig.run(5s);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes[0].second, Lane::tunnel);
    EXPECT_GE(rig.changes[0].first - died, pong_patience);
    EXPECT_LE(rig.changes[0].first - died, pong_patience + ping_interval_busy + 50ms);
}

TEST(Lane, IsJudgedAtTheNextTalk) {
    bool alive = true;
    Rig rig([&](TimePoint) { return alive; });
    rig.run(20s);
    alive = false;
    rig.changes.clear();
    const auto talk = rig.clock.now();
    rig.judge.set_busy(true);
    rig.run(3s);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_LE(rig.changes[0].first - talk, pong_patience + 50ms);
}

TEST(Lane, ReturnsOnlyAfterThreePongsInARow) {
    unsigned lost_from_now = 0;
    unsigned answered = 0;
    Rig rig([&](TimePoint) {
        if (lost_from_now > 0) {
            --lost_from_now;
            return false;
        }
        ++answered;
        return true;
    });
    rig.judge.set_busy(true);
    rig.run(3s);
    lost_from_now = 20;
    rig.run(3s);
    ASSERT_EQ(rig.judge.lane(), Lane::tunnel);
    answered = 0;
    rig.changes.clear();
    rig.run(30s);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes[0].second, Lane::udp);
    EXPECT_GE(answered, pongs_to_return);
}

TEST(Lane, ADeadLineStaysTunnelledAndIsTriedNowAndThen) {
    Rig rig([](TimePoint) { return false; });
    rig.run(60s);
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_GE(rig.pings.size(), 8U) << "the first two seconds are tried hard";
    EXPECT_LE(rig.pings.size(), 16U) << "and the rest is not";
    rig.judge.set_busy(true);
    rig.pings.clear();
    rig.run(10s);
    EXPECT_LE(rig.pings.size(), 11U);
}

TEST(Lane, AnOverduePingIsRepeatedUntilTheVerdict) {
    bool alive = true;
    Rig rig([&](TimePoint) { return alive; });
    rig.judge.set_busy(true);
    rig.run(5s);
    alive = false;
    rig.pings.clear();
    rig.changes.clear();
    while (rig.changes.empty()) {
        rig.run(10ms);
    }
    // The last goes out with the verdict.
    EXPECT_EQ(std::ssize(rig.pings), pong_patience / ping_repeat_interval + 1);
    for (std::size_t i = 1; i < rig.pings.size(); ++i) {
        EXPECT_EQ(rig.pings[i] - rig.pings[i - 1], ping_repeat_interval);
    }
}

TEST(Lane, LossOfSomePingsNeverChangesTheLane) {
    for (const double loss : {0.02, 0.1, 0.2}) {  // both ways together
        Random random(7);
        Rig rig([&](TimePoint) { return !random.chance(loss); });
        rig.judge.set_busy(true);
        rig.run(10min);
        EXPECT_LE(rig.changes.size(), 1U) << loss;
        EXPECT_EQ(rig.judge.lane(), Lane::udp) << loss;
    }
}

TEST(Lane, ALongRoundTripIsNoLoss) {
    Rig rig;
    rig.round_trip = 900ms;
    rig.judge.set_busy(true);
    rig.run(60s);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_LE(rig.pings.size(), 75U);
}

TEST(Lane, PongsThatAnswerNothingCountForNothing) {
    ManualClock clock;
    LaneJudge judge;
    judge.set_route(true, clock.now());
    EXPECT_FALSE(judge.on_pong(0, clock.now()));
    EXPECT_FALSE(judge.on_pong(12345, clock.now()));
    auto sent = judge.take_ping(clock.now());
    ASSERT_TRUE(sent);
    clock.advance(pong_patience);
    EXPECT_EQ(judge.on_pong(*sent, clock.now()), Duration(pong_patience)) << "just in time";
    clock.advance(ping_interval_idle);
    sent = judge.take_ping(clock.now());
    ASSERT_TRUE(sent);
    clock.advance(pong_patience + 1ns);
    EXPECT_FALSE(judge.on_pong(*sent, clock.now())) << "too late";
    clock.advance(ping_interval_idle);
    const auto again = judge.take_ping(clock.now());
    ASSERT_TRUE(again);
    clock.advance(10ms);
    EXPECT_EQ(judge.on_pong(*again, clock.now()), Duration(10ms));
    EXPECT_FALSE(judge.on_pong(*again, clock.now())) << "a pong counts once";
}

TEST(Lane, APingFollowsAnEchoAtOnce) {
    ManualClock clock;
    LaneJudge judge;
    judge.set_route(true, clock.now());
    ASSERT_TRUE(judge.take_ping(clock.now()));
    EXPECT_FALSE(judge.take_ping(clock.now()));
    judge.on_echoed();
    EXPECT_LE(judge.next_due().value(), clock.now());
    EXPECT_TRUE(judge.take_ping(clock.now()));
}

}  // namespace
}  // namespace partyline::client
