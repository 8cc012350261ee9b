// Judges whether UDP gets through: when to ping, and which lane voice takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "client/talkie.hpp"

namespace partyline::client {

/// Voice starts in the tunnel and takes UDP from the first pong on. When a ping and all that
/// repeat it stay unanswered for pong_patience, voice goes back into the tunnel, and returns after
/// pongs_to_return answers in a row. No socket; time is passed in. Owned by the voice-down thread,
/// or by a test. One thread.
///
/// One lost ping must not change the lane: on a line that loses 5 % each way every tenth goes
/// unanswered. So a ping that is overdue is repeated at short intervals until the verdict.
class LaneJudge {
public:
    /// The server knows us by a route: pings may start. Without one there is nothing to judge.
    void set_route(bool known, TimePoint now);
    /// Somebody in the room talks, or we do.
    void set_busy(bool busy) { busy_ = busy; }

    /// Where to look next; never, without a route.
    [[nodiscard]] std::optional<TimePoint> next_due() const;
    /// The `sent` of a ping that should go out now.
    std::optional<std::uint64_t> take_ping(TimePoint now);
    /// An authentic pong. The round trip, unless it answers no ping of ours that still counts.
    std::optional<Duration> on_pong(std::uint64_t sent, TimePoint now);
    /// A challenge was echoed. The relay says nothing to an echo, so a ping follows at once.
    void on_echoed() { ping_at_once_ = true; }

    /// Once for every change of lane.
    std::optional<Lane> take_change(TimePoint now);
    [[nodiscard]] Lane lane() const { return lane_; }

private:
    [[nodiscard]] TimePoint ping_due() const;
    [[nodiscard]] Duration repeat_interval() const;
    void fall();
    void rise();

    static constexpr std::size_t outstanding_max = 16;

    Lane lane_ = Lane::tunnel;
    std::optional<Lane> change_;
    bool route_known_ = false;
    bool busy_ = false;
    bool ping_at_once_ = false;
    bool ever_risen_ = false;
    unsigned pongs_in_row_ = 0;
    Duration round_trip_{};
    TimePoint route_since_{};
    std::optional<TimePoint> last_ping_;
    std::optional<TimePoint> unanswered_since_;  // the first ping after the last pong
    std::array<std::uint64_t, outstanding_max> outstanding_{};
    std::size_t next_outstanding_ = 0;
};

}  // namespace partyline::client
