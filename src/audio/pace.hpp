// Waiting as a parameter, so that tests of real-time things take no time.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/clock.hpp"

namespace partyline::audio {

/// A clock that one can wait on. [any]
class Pace {
public:
    virtual ~Pace() = default;

    [[nodiscard]] virtual TimePoint now() const = 0;
    /// True at `deadline`, at once if that has passed; false as soon as stop() was called.
    virtual bool wait_until(TimePoint deadline) = 0;
    /// Ends a wait that is going on and every later one.
    virtual void stop() = 0;
    /// Waits work again, once nobody waits any more.
    virtual void resume() = 0;
};

/// The machine's own monotonic clock.
class SystemPace final : public Pace {
public:
    [[nodiscard]] TimePoint now() const override { return clock_.now(); }

    bool wait_until(TimePoint deadline) override {
        std::unique_lock lock(mutex_);
        return !changed_.wait_until(lock, deadline, [this] { return stopped_; });
    }

    void stop() override {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }

    void resume() override {
        const std::lock_guard lock(mutex_);
        stopped_ = false;
    }

private:
    SystemClock clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
};

}  // namespace partyline::audio
