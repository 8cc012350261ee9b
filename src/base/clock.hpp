// Time as a parameter. Nothing in Partyline asks the system for the time except SystemClock.
#pragma once

#include <chrono>
#include <cstdint>

namespace partyline {

/// Monotonic time. Compared and subtracted; never shown to a person.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Gives the time. [any]
class Clock {
public:
    virtual ~Clock() = default;

    /// Monotonic now.
    [[nodiscard]] virtual TimePoint now() const = 0;
    /// Milliseconds since the Unix epoch: for stamps that people see.
    [[nodiscard]] virtual std::int64_t unix_ms() const = 0;
};

/// The machine's own clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] std::int64_t unix_ms() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

/// A clock that a test or the simulator moves by hand. One thread.
class ManualClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return now_; }
    [[nodiscard]] std::int64_t unix_ms() const override {
        return unix_start_ms +
               std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch())
                   .count();
    }

    void advance(Duration by) { now_ += by; }
    void set(TimePoint to) { now_ = to; }

private:
    static constexpr std::int64_t unix_start_ms = 1'700'000'000'000;

    TimePoint now_{std::chrono::hours(1)};
};

}  // namespace partyline
