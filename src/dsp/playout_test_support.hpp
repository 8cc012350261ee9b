// For tests of the playout: a speaker and a listener on one clock, and a network between them that loses and delays.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "dsp/format.hpp"
#include "dsp/opus.hpp"
#include "dsp/playout.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp::test {

/// Eight seconds, encoded once for each of these settings.
inline const EncodedVoice& voice(std::size_t packet_samples = frame_samples,
                                 unsigned expected_loss_percent = 0) {
    static std::map<std::pair<std::size_t, unsigned>, EncodedVoice> made;
    auto& entry = made[{packet_samples, expected_loss_percent}];
    if (entry.packets.empty()) {
        entry = encode(synthetic_voice(8), {.packet_samples = packet_samples,
                                            .expected_loss_percent = expected_loss_percent});
    }
    return entry;
}

/// A voice without pauses: the codec's own packets for silence, which are as good as the end of a
/// spurt, come up nowhere. With FEC, the packets 2 to 15, 23 to 38 and 49 to 63 carry it.
inline const Bytes& packet(const EncodedVoice& encoded, std::size_t i) {
    constexpr std::size_t frames_without_pause = 134;
    return encoded.packets[i % (frames_without_pause * frame_samples / encoded.packet_samples)];
}

/// A speaker and a listener on one clock. The listener pulls every 10 ms; packets arrive where a
/// test puts them.
class Bench {
public:
    SpeakerPlayout playout = SpeakerPlayout::create().value();
    ManualClock clock;
    std::vector<float> heard;
    std::vector<bool> speaking;  // on each tick

    /// A packet arrives, as if spoken from `media` on.
    void push(const Bytes& opus, MediaTime media, bool ends_spurt = false) {
        playout.push(
            {.media_time = media, .opus = opus, .ends_spurt = ends_spurt, .arrived = clock.now()});
    }
    bool tick() {
        std::array<float, frame_samples> frame{};
        const bool sound = playout.pull(frame, clock.now());
        heard.insert(heard.end(), frame.begin(), frame.end());
        speaking.push_back(sound);
        clock.advance(std::chrono::milliseconds(frame_ms));
        return sound;
    }
    void ticks(int count) {
        for (int i = 0; i < count; ++i) {
            tick();
        }
    }
    [[nodiscard]] const PlayoutCounters& counters() const { return playout.counters(); }
    [[nodiscard]] std::uint64_t accounted() const {
        return counters().played + counters().recovered + counters().concealed;
    }
};

/// What happens to the packets of one spurt.
struct Spurt {
    std::size_t packets = 100;
    std::size_t packet_samples = frame_samples;
    unsigned expected_loss_percent = 0;
    Duration phase = std::chrono::milliseconds(5);  // of arrivals, after a tick
    MediaTime media = 7'000;
    std::set<std::size_t> lost;
    std::map<std::size_t, int> late_ms;
    std::uint64_t number = 0;  // of the first packet
};

/// Lets a whole spurt arrive and be played.
inline void play(Bench& bench, const Spurt& spurt) {
    using std::chrono::milliseconds;
    const auto& encoded = voice(spurt.packet_samples, spurt.expected_loss_percent);
    const auto packet_length = milliseconds(spurt.packet_samples * 10 / frame_samples);
    std::multimap<TimePoint, std::size_t> arrivals;
    for (std::size_t i = 0; i < spurt.packets; ++i) {
        if (!spurt.lost.contains(i)) {
            const auto late = spurt.late_ms.contains(i) ? spurt.late_ms.at(i) : 0;
            arrivals.emplace(
                bench.clock.now() + spurt.phase + i * packet_length + milliseconds(late), i);
        }
    }
    const auto end = bench.clock.now() + spurt.packets * packet_length + milliseconds(700);
    while (bench.clock.now() < end) {
        const auto tick_at = bench.clock.now();
        while (!arrivals.empty() && arrivals.begin()->first <= tick_at) {
            const auto [at, i] = *arrivals.begin();
            arrivals.erase(arrivals.begin());
            bench.playout.push(
                {.media_time = spurt.media + static_cast<MediaTime>(i * spurt.packet_samples),
                 .opus = packet(encoded, i),
                 .ends_spurt = i + 1 == spurt.packets,
                 .arrived = at,
                 .number = spurt.number + i});
        }
        bench.tick();
    }
}

/// The same packets, simply decoded one after the other.
inline std::vector<float> decoded(const Spurt& spurt) {
    const auto& encoded = voice(spurt.packet_samples, spurt.expected_loss_percent);
    auto decoder = OpusDecoder::create().value();
    std::vector<float> out(spurt.packets * spurt.packet_samples);
    for (std::size_t i = 0; i < spurt.packets; ++i) {
        decoder.decode(packet(encoded, i),
                       std::span(out).subspan(i * spurt.packet_samples, spurt.packet_samples));
    }
    return out;
}

}  // namespace partyline::dsp::test
