// What the control lane counts, for whoever watches the server.
#pragma once

#include <atomic>
#include <cstdint>

namespace partyline::control {

/// A number that the control executor writes and anybody reads.
class Figure {
public:
    /// [control]
    void add(std::uint64_t count) { set(get() + count); }
    /// [control]
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    /// [any]
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct Figures {
    // As of the last tick.
    Figure sessions;
    Figure rooms;
    Figure connections;      // logged in or not
    Figure unauthenticated;  // of these, those on their way in

    // Since the start.
    Figure accepted;     // connections
    Figure turned_away;  // connections over a limit of Admission
    Figure logins;
    Figure logins_refused;
    Figure refusals;        // requests of sessions that were answered by an error
    Figure messages;        // of talkies
    Figure slow_readers;    // cut because too much waited for them
    Figure received_bytes;  // inside TLS, tunnelled voice included
    Figure sent_bytes;
};

}  // namespace partyline::control
