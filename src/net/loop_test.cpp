#include "net/loop.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "net/gate.hpp"
#include "net/udp.hpp"

namespace partyline::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

task<> note(std::vector<int>& notes, int what) {
    notes.push_back(what);
    co_return;
}

TEST(Loop, RunsPostedAndSpawnedInOrderAndStops) {
    Loop loop;
    std::vector<int> notes;
    loop.post([&] {
        EXPECT_TRUE(loop.is_current());
        loop.spawn(note(notes, 3));
        notes.push_back(1);
    });
    loop.post([&] { notes.push_back(2); });
    std::jthread other([&] { loop.post([&] { loop.post([&] { loop.stop(); }); }); });
    loop.run();
    EXPECT_FALSE(loop.is_current());
    EXPECT_EQ(notes, (std::vector{1, 2, 3}));
}

TEST(Loop, StopBeforeRunIsNotForgotten) {
    Loop loop;
    loop.stop();
    loop.run();
    std::vector<int> notes;
    loop.run_until_done(note(notes, 1));
    EXPECT_EQ(notes, std::vector{1});
}

task<> suspend_for_ever(Loop& loop, std::shared_ptr<int> held) {
    Timer timer(loop);
    co_await timer.wait(hours(1));
    ++*held;
}

TEST(Loop, DestroysSuspendedCoroutines) {
    const auto held = std::make_shared<int>(0);
    {
        Loop loop;
        loop.spawn(suspend_for_ever(loop, held));
        loop.post([&] { loop.post([&] { loop.stop(); }); });
        loop.run();
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(*held, 0);
}

task<> wait_timer(Timer& timer, Duration duration, bool& result) {
    result = co_await timer.wait(duration);
}

TEST(Timer, TellsPassedFromCancelled) {
    Loop loop;
    Timer timer(loop);
    bool passed = false;
    loop.run_until_done(wait_timer(timer, milliseconds(1), passed));
    EXPECT_TRUE(passed);
    loop.post([&] { loop.post([&] { timer.cancel(); }); });
    loop.run_until_done(wait_timer(timer, hours(1), passed));
    EXPECT_FALSE(passed);
}

TEST(Alarm, RingsOnceUnlessDestroyed) {
    Loop loop;
    int rung = 0;
    const Alarm kept(loop, milliseconds(1), [&] { ++rung; });
    {
        const Alarm dropped(loop, Duration::zero(), [&] { rung += 100; });
    }
    const Alarm end(loop, milliseconds(2), [&] { loop.stop(); });
    loop.run();
    EXPECT_EQ(rung, 1);
}

TEST(Alarm, MayBeDestroyedByItsOwnCall) {
    Loop loop;
    std::optional<Alarm> alarm;
    alarm.emplace(loop, Duration::zero(), [&] {
        alarm.reset();
        loop.stop();
    });
    loop.run();
    EXPECT_FALSE(alarm);
}

task<> consume(Event& event, std::vector<int>& notes, int count) {
    for (int i = 0; i < count; ++i) {
        co_await event.wait();
        notes.push_back(i);
    }
}

TEST(Event, RemembersOneSetAndWakesTheWaiter) {
    Loop loop;
    Event event(loop);
    std::vector<int> notes;
    event.set();
    event.set();
    loop.run_until_done(consume(event, notes, 1));
    EXPECT_EQ(notes, std::vector{0});
    loop.post([&] { loop.post([&] { event.set(); }); });
    loop.run_until_done(consume(event, notes, 1));
    EXPECT_EQ(notes.size(), 2U);
}

task<> wait_limited(Event& event, Duration limit, bool& result) {
    result = co_await event.wait_for(limit);
}

TEST(Event, WaitForGivesUp) {
    Loop loop;
    Event event(loop);
    bool was_set = true;
    loop.run_until_done(wait_limited(event, milliseconds(1), was_set));
    EXPECT_FALSE(was_set);
    loop.post([&] { loop.post([&] { event.set(); }); });
    loop.run_until_done(wait_limited(event, hours(1), was_set));
    EXPECT_TRUE(was_set);
}

task<> work_inside(Gate::Pass pass, Event& event) {
    const auto inside = std::move(pass);
    co_await event.wait();
}

task<> close_gate(Gate& gate, Event& event, bool& closed) {
    event.set();
    co_await gate.close();
    closed = true;
}

TEST(Gate, WaitsForThoseInsideAndLetsNobodyIn) {
    Loop loop;
    Event event(loop);
    Gate gate(loop);
    loop.spawn(work_inside(gate.enter().value(), event));
    bool closed = false;
    loop.run_until_done(close_gate(gate, event, closed));
    EXPECT_TRUE(closed);
    EXPECT_TRUE(gate.closing());
    EXPECT_EQ(gate.inside(), 0U);
    EXPECT_FALSE(gate.enter());
}

TEST(Gate, ClosesAtOnceWhenEmpty) {
    Loop loop;
    Event event(loop);
    Gate gate(loop);
    bool closed = false;
    loop.run_until_done(close_gate(gate, event, closed));
    EXPECT_TRUE(closed);
}

task<> expect_signal(Loop& loop, int& number) {
    number = co_await wait_signal(loop, {SIGUSR1, SIGUSR2});
}

TEST(Signal, TellsWhich) {
    Loop loop;
    int number = 0;
    loop.post([&] { loop.post([] { std::raise(SIGUSR2); }); });
    loop.run_until_done(expect_signal(loop, number));
    EXPECT_EQ(number, SIGUSR2);
}

task<> expect_readable(ReadWatch& watch, bool& result) { result = co_await watch.readable(); }

TEST(ReadWatch, WakesAndCancelsAndLeavesTheDescriptorOpen) {
    Loop loop;
    WakeFd wake;
    bool readable = false;
    {
        ReadWatch watch(loop, wake.fd());
        loop.post([&] { wake.wake(); });
        loop.run_until_done(expect_readable(watch, readable));
        EXPECT_TRUE(readable);
        wake.clear();
        loop.post([&] { loop.post([&] { watch.cancel(); }); });
        loop.run_until_done(expect_readable(watch, readable));
        EXPECT_FALSE(readable);
    }
    wake.wake();
    const int fds[] = {wake.fd()};
    EXPECT_TRUE(poll_readable(fds, Duration::zero()));
}

}  // namespace
}  // namespace partyline::net
