// How long packets must wait so that nearly all are there when they are due.
#pragma once

#include <array>
#include <cstdint>

#include "dsp/limits.hpp"
#include "dsp/sample_time.hpp"

namespace partyline::dsp {

/// The least value of the last four seconds in which there were any: pauses up to idle_max do not
/// count, so that what is known of a speaker outlasts them. Over so short a time a clock that is
/// wrong by 200 ppm runs off by less than a millisecond, so the minimum follows it.
class SlidingMinimum {
public:
    void add(Samples value, Samples now);
    void clear() { any_ = false; }
    [[nodiscard]] bool empty() const { return !any_; }
    /// Whether the pause until `now` was too long: add() would begin anew.
    [[nodiscard]] bool outlived(Samples now) const;
    [[nodiscard]] Samples value() const;

private:
    static constexpr std::size_t buckets = 8;
    static constexpr Samples bucket_samples = sample_rate_hz / 2;
    // Until then 200 ppm make 4 ms.
    static constexpr std::int64_t idle_buckets_max = 40;

    std::array<Samples, buckets> least_{};
    std::int64_t bucket_ = 0;   // the number of the newest
    std::int64_t skipped_ = 0;  // buckets of pauses
    bool any_ = false;
};

/// Learns from each arrival how far the network holds packets up beyond the quickest ones, and
/// derives the delay from arrival to playout that the quickest ones need. A forgetting histogram,
/// as WebRTC's NetEQ keeps one: a new spread counts after a few packets, an old one fades over some
/// 20 s. One thread; no allocation.
class DelayTarget {
public:
    DelayTarget();

    struct Arrival {
        Samples media = 0;
        Samples arrived = 0;
        std::size_t samples = 0;
        bool has_fec = false;
        bool ends_spurt = false;
        bool kept = false;
    };
    void observe(const Arrival& arrival);
    /// What became of a frame when it was due: lost, whether or not FEC brought it back.
    void observe_frame(bool lost);
    /// The speaker's clock has jumped, or is counted from elsewhere: what is known of the spread stays, its
    /// base does not.
    void forget_clock() {
        fastest_.clear();
        any_ = false;
    }

    /// From media time to arrival for the quickest packets of late, when as long as `samples`.
    [[nodiscard]] Samples fastest_transit(std::size_t samples) const {
        return fastest_.value() + static_cast<Samples>(samples);
    }
    /// Between delay_target_min and delay_target_max.
    [[nodiscard]] Samples value() const { return target_; }

private:
    static constexpr std::size_t histogram_ms = 500;

    void rebase(Samples longer);
    void note_spurt(const Arrival& arrival);
    void record(Samples held_up);
    [[nodiscard]] Samples percentile() const;
    void update();

    SlidingMinimum fastest_;                       // from the packet's end to its arrival
    std::array<float, histogram_ms> histogram_{};  // share of packets held up by so many ms
    Samples target_ = to_samples(delay_target_min);
    Samples spread_ = 0;  // the percentile as of the last packet

    // Where the newest spurt began: sound kept from before the microphone opened comes in a burst, and not every
    // talkie says of it that it was kept.
    Samples spurt_arrived_ = 0;
    Samples newest_end_ = 0;
    bool newest_ends_spurt_ = false;
    bool any_ = false;

    double lost_share_ = 0;
    double fec_share_ = 0;
    std::size_t packet_samples_ = frame_samples;
    bool waits_for_fec_ = false;
};

}  // namespace partyline::dsp
