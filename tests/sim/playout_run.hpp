// One speaker, one network, one listener: what becomes of the speech.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "dsp/playout.hpp"
#include "sim/network_link.hpp"
#include "sim/speech.hpp"

namespace partyline::sim {

struct PlayoutRun {
    Duration length = std::chrono::seconds(30);
    LinkSettings link;
    /// Other conditions from these times on, in order.
    std::vector<std::pair<Duration, LinkSettings>> later;
    std::uint64_t seed = 1;
    double sender_ppm = 0;    // the speaker's sample clock is so much fast
    double receiver_ppm = 0;  // the listener's
    /// How late the threads of the listener wake up: arrivals and pulls each by up to this.
    Duration wakeup_jitter{};
    bool keep_sound = false;
};

/// All durations in ms. Delays are those of SpeakerPlayout::delay(), sampled on each tick with
/// sound.
struct PlayoutReport {
    dsp::PlayoutCounters counters;
    LinkCounters link;
    std::uint64_t frames_sent = 0;  // of 10 ms
    std::uint64_t ticks = 0;
    std::uint64_t ticks_heard = 0;
    std::vector<double> delays_ms;
    std::vector<double> targets_ms;
    /// How much later than over the quickest path of the run's start each tick's sound was heard: the buffer, and
    /// what the path itself has become slower by.
    std::vector<double> added_ms;
    std::vector<float> sound;               // of all ticks, if it was to be kept
    std::vector<double> held_up_ms_sorted;  // each packet that arrived, against the quickest

    /// Of the frames sent: neither played nor recovered.
    [[nodiscard]] double lost_share() const;
    [[nodiscard]] double concealed_share() const;
    [[nodiscard]] double recovered_share() const;
    /// The value below which this share of delays lies.
    [[nodiscard]] double delay_ms(double share) const;
    [[nodiscard]] double delay_ms_mean() const;
    [[nodiscard]] double added_ms_mean() const;
    /// Packets that a buffer of this fixed delay would have played too late, of those sent.
    [[nodiscard]] double held_up_share(double ms) const;
    /// The fixed delay at which this share of packets would have been in time.
    [[nodiscard]] double held_up_ms(double share) const;
    /// How far the delay was ever from its target.
    [[nodiscard]] double deviation_ms_max() const;
};

/// Repeats `speech` for the whole length, and then lets what is on its way be played.
PlayoutReport run(const SpeechPackets& speech, const PlayoutRun& settings);

}  // namespace partyline::sim
