// One thread's executor, and what coroutines on it wait for: time, events, signals, descriptors.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "net/task.hpp"

namespace partyline::net {

/// Runs coroutines and posted functions on the one thread that calls run(). Owned by whoever owns
/// that thread; everything made with a Loop dies before it.
class Loop {
public:
    Loop();
    /// Drops what has not finished: frames of suspended coroutines are destroyed.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// [the loop's thread] Works until stop().
    void run();
    /// [the loop's thread] Works until `work` has finished; for tests and small programs.
    void run_until_done(task<> work);
    /// [any] Makes run() return soon, or the next one at once. What is still waiting then waits for
    /// the next run().
    void stop();

    /// [any] Runs `work` on the loop, in the order of posting.
    void post(std::move_only_function<void()> work);
    /// [any] Starts `work` on the loop, not before this call has returned. An exception that
    /// leaves it is a bug and ends the program.
    void spawn(task<> work);

    /// [any] True on the thread that is in run().
    [[nodiscard]] bool is_current() const;

    /// For net's own files.
    struct Native;
    [[nodiscard]] Native& native() const { return *native_; }

private:
    std::unique_ptr<Native> native_;
};

/// Lets one coroutine at a time wait for a moment. [loop]
class Timer {
public:
    explicit Timer(Loop& loop);
    ~Timer();

    /// True when the time has passed, false when cancelled before.
    task<bool> wait(Duration duration);
    task<bool> wait_until(TimePoint time);
    void cancel();

private:
    struct Native;
    std::unique_ptr<Native> native_;
};

/// Calls `on_expiry` once, unless it is destroyed before: a deadline for what can be closed. [loop]
class Alarm {
public:
    Alarm(Loop& loop, Duration after, std::move_only_function<void()> on_expiry);
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

private:
    struct Native;
    // Shared with the timer's handler, which may be queued already when we are destroyed.
    std::shared_ptr<Native> native_;
};

/// Wakes one waiting coroutine; stays set until waited for, so no set() is lost. [loop]
class Event {
public:
    explicit Event(Loop& loop);
    ~Event();

    void set();
    /// Returns once set, and clears it. Nobody may be waiting when the Event is destroyed.
    task<> wait();
    /// As wait(), but false, and nothing cleared, when `limit` passes first.
    task<bool> wait_for(Duration limit);

private:
    struct Native;
    std::unique_ptr<Native> native_;
};

/// Which signal of `numbers` came. While it waits, and only then, they do not end the program.
/// [loop]
task<int> wait_signal(Loop& loop, std::vector<int> numbers);

/// Takes signals for as long as it lives: those that come while nobody waits are kept. [loop]
class Signals {
public:
    Signals(Loop& loop, std::vector<int> numbers);
    ~Signals();

    /// The next one.
    task<int> next();

private:
    struct Native;
    std::unique_ptr<Native> native_;
};

/// Lets a coroutine wait for a descriptor that somebody else owns, such as a UDP socket's. [loop]
class ReadWatch {
public:
    ReadWatch(Loop& loop, int fd);
    ~ReadWatch();

    /// True when the descriptor has something to read, false when cancelled.
    task<bool> readable();
    void cancel();

private:
    struct Native;
    std::unique_ptr<Native> native_;
};

}  // namespace partyline::net
