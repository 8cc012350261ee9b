// What waits to be written to one connection: control messages first, in order and bounded by
// cutting the reader; tunnelled voice after them, bounded by dropping voice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "server/control/limits.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// Owned by its Peer. One thread.
class Outbox {
public:
    explicit Outbox(const Limits& limits)
        : control_bytes_max_(limits.outbox_bytes),
          voice_bytes_max_(limits.voice_bytes),
          voice_age_max_(limits.voice_age) {}

    /// A snapshot is as large as the server is full, and a replay as one was away; it is the server's
    /// wish to send them, so they do not count towards the cut.
    enum class Bound : bool { counted, exempt };

    /// False, and nothing queued, when the bound is reached: the reader is too slow.
    [[nodiscard]] bool push(const wire::ServerMessage& message, Bound bound = Bound::counted);
    [[nodiscard]] bool push_event(const wire::EncodedEvent& event, std::uint64_t seq,
                                  Bound bound = Bound::counted);
    /// A datagram for the tunnel. Drops the oldest that wait beyond the bound.
    void push_voice(ByteView datagram, TimePoint now);

    /// What is to be written next, good until taken again; empty when nothing waits. Whole
    /// messages; what take() gave before counts as written.
    ByteView take(TimePoint now);

    /// Forgets what take() has not given out yet: whole messages, so the stream stays readable.
    void drop_waiting();

    [[nodiscard]] std::size_t control_bytes() const { return waiting_.size() + writing_control_; }
    [[nodiscard]] std::uint64_t voice_dropped() const { return voice_dropped_; }

private:
    struct Voice {
        TimePoint queued;
        Bytes frame;
    };

    [[nodiscard]] bool fits(std::size_t bytes) const;
    void drop_oldest_voice();

    std::size_t control_bytes_max_;
    std::size_t voice_bytes_max_;
    Duration voice_age_max_;

    Bytes waiting_;
    Bytes writing_;
    std::size_t writing_control_ = 0;
    std::size_t exempt_bytes_ = 0;
    std::deque<Voice> voice_;
    std::size_t voice_bytes_ = 0;
    std::uint64_t voice_dropped_ = 0;
};

}  // namespace partyline::control
