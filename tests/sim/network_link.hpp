// A network that misbehaves on purpose, the same way each time for the same seed.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace partyline::sim {

/// How much longer than the fixed delay a packet takes.
enum class Jitter : std::uint8_t {
    none,
    uniform,   // from 0 to jitter_size
    gaussian,  // the absolute value of a normal one with this standard deviation
    spikes,    // none, but all packets stop for jitter_size once a second on average
};

struct LinkSettings {
    Duration delay = std::chrono::milliseconds(20);
    Jitter jitter = Jitter::none;
    Duration jitter_size{};
    /// False: a packet never overtakes the one before it, but waits behind it.
    bool reorders = true;
    double loss = 0;  // of packets, each on its own
    /// Bursts (Gilbert and Elliott's two states): the chance that one starts with a packet, and
    /// the mean number of packets that it swallows.
    double burst_start = 0;
    double burst_packets = 1;
    double duplicates = 0;  // of packets; the copy takes a delay of its own
};

struct LinkCounters {
    std::uint64_t sent = 0;
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t delivered = 0;  // copies included
};

/// One direction of one path. Packets go in at one time and come out at others. One thread.
class NetworkLink {
public:
    NetworkLink(const LinkSettings& settings, std::uint64_t seed)
        : settings_(settings), random_(seed) {}

    void send(ByteView packet, TimePoint now);

    struct Delivery {
        TimePoint sent;
        TimePoint at;
        Bytes packet;
    };
    /// When the next packet comes out, if any is on its way.
    [[nodiscard]] std::optional<TimePoint> next_at() const;
    /// The next packet that comes out at or before `now`.
    std::optional<Delivery> receive(TimePoint now);

    /// Other conditions from now on; what is on its way is not affected.
    void change(const LinkSettings& settings) { settings_ = settings; }
    [[nodiscard]] const LinkCounters& counters() const { return counters_; }

private:
    bool loses_this_one();
    Duration extra_delay(TimePoint now);
    void deliver(ByteView packet, TimePoint now);

    struct Flying {
        Delivery delivery;
        std::uint64_t order = 0;  // of those that come out together, first sent is first
    };
    static bool later(const Flying& a, const Flying& b) {
        return std::tie(a.delivery.at, a.order) > std::tie(b.delivery.at, b.order);
    }

    LinkSettings settings_;
    Random random_;
    std::vector<Flying> flying_;  // a heap, the next one first
    std::uint64_t order_ = 0;
    bool in_burst_ = false;
    TimePoint stopped_until_;
    TimePoint latest_;
    LinkCounters counters_;
};

}  // namespace partyline::sim
