// What relay threads measure: a talker's rates, a route's loss, a room's load.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "server/relay/limits.hpp"

namespace partyline::relay {

/// The generic cell rate algorithm: one point in time instead of a bucket. Any relay thread: a talker's routes
/// may be of several, and all that comes over them counts together.
class CellRate {
public:
    /// Takes `price` unless more than `burst` has been taken ahead of time.
    bool admit(TimePoint now, Duration price, Duration burst) {
        auto earned_until = earned_until_.load(std::memory_order_relaxed);
        do {
            if (earned_until > now + burst) {
                return false;
            }
        } while (!earned_until_.compare_exchange_weak(
            earned_until, std::max(earned_until, now) + price, std::memory_order_relaxed));
        return true;
    }

private:
    std::atomic<TimePoint> earned_until_{TimePoint::min()};
};

/// Lets packets_per_second_max through on average and packet_burst's worth at once. Any relay thread.
class PacketRate {
public:
    bool admit(TimePoint now) { return cells_.admit(now, packet_price, packet_burst); }

private:
    static constexpr Duration packet_price =
        std::chrono::duration_cast<Duration>(std::chrono::seconds(1)) / packets_per_second_max;
    CellRate cells_;
};

/// Lets what a cap allows through on average, and bitrate_burst's worth at once. The cap may
/// be another at each call. Any relay thread.
class BitRate {
public:
    static constexpr std::uint64_t allowed_bps(std::uint32_t cap_bps) {
        return std::uint64_t{cap_bps} * bitrate_headroom_percent / 100 + sealing_bps;
    }

    /// A cap is above 0.
    bool admit(std::size_t bytes, std::uint32_t cap_bps, TimePoint now) {
        constexpr std::uint64_t second =
            std::chrono::duration_cast<Duration>(std::chrono::seconds(1)).count();
        const auto price = bytes * 8 * second / allowed_bps(cap_bps);
        return cells_.admit(now, Duration(price), bitrate_burst);
    }

private:
    CellRate cells_;
};

/// Loss of a stream of counted packets between two looks at it. One thread.
class LossMeter {
public:
    void note(std::uint64_t counter) {
        if (!any_) {
            any_ = true;
            begin_ = counter;
            end_ = counter;
        }
        end_ = std::max(end_, counter + 1);
        ++received_;
    }

    /// The loss since the last answer; nothing while too few packets were due to tell.
    std::optional<std::uint16_t> take_permille() {
        const auto due = end_ - begin_;
        if (due < loss_packets_min) {
            return std::nullopt;
        }
        const auto lost = due - std::min(received_, due);
        begin_ = end_;
        received_ = 0;
        // Not in whole numbers: counters are what a talkie says, and 1000 times that may wrap.
        return static_cast<std::uint16_t>(permille_max *
                                          (static_cast<double>(lost) / static_cast<double>(due)));
    }

private:
    std::uint64_t begin_ = 0;  // the first counter that the next answer is about
    std::uint64_t end_ = 0;    // one above the highest seen
    std::uint64_t received_ = 0;
    bool any_ = false;
};

/// The load that a room offers, and how long its frames wait for others because of it. One thread.
class LoadMeter {
public:
    void note_frame(TimePoint now) {
        const auto elapsed = now - window_start_;
        if (elapsed >= load_window) {
            frames_per_s_ = frames_ / std::chrono::duration<double>(elapsed).count();
            frames_ = 0;
            window_start_ = now;
        }
        ++frames_;
    }

    /// Whole milliseconds: nothing at all below gather_load_min, gather_window_max from
    /// gather_load_full on.
    [[nodiscard]] std::chrono::milliseconds gather_window(std::size_t listeners) const {
        const auto load = frames_per_s_ * static_cast<double>(listeners);
        const auto share =
            std::clamp((load - gather_load_min) / (gather_load_full - gather_load_min), 0.0, 1.0);
        return std::chrono::milliseconds(
            static_cast<std::int64_t>(share * static_cast<double>(gather_window_max.count())));
    }

private:
    TimePoint window_start_{};
    double frames_ = 0;
    double frames_per_s_ = 0;
};

}  // namespace partyline::relay
