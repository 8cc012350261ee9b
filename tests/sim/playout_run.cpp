#include "sim/playout_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "dsp/delay_target.hpp"
#include "dsp/sample_time.hpp"
#include "sim/drifting_clock.hpp"

namespace partyline::sim {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// What the link carries: media time, whether the spurt ends, the Opus packet.
Bytes pack(dsp::MediaTime media_time, const SpeechPacket& packet) {
    Bytes out;
    append_be<std::uint32_t>(out, media_time);
    append_be<std::uint8_t>(out, packet.ends_spurt ? 1 : 0);
    append(out, packet.opus);
    return out;
}

dsp::VoicePacket unpack(ByteView bytes, TimePoint arrived) {
    return {.media_time = load_be<std::uint32_t>(bytes),
            .opus = bytes.subspan(5),
            .ends_spurt = load_be<std::uint8_t>(bytes.subspan(4)) != 0,
            .arrived = arrived};
}

/// The speaker's side: one packet after the other, over and over.
class Speaker {
public:
    Speaker(const SpeechPackets& speech, DriftingClock clock) : speech_(speech), clock_(clock) {}

    /// A packet is sent when its last sample has been spoken.
    [[nodiscard]] TimePoint next_at() const { return clock_.at(start() + speech_.packet_samples); }
    /// Whether the last packet sent was the end of a spurt.
    [[nodiscard]] bool silent() const {
        return speech_.packets[(next_ + speech_.packets.size() - 1) % speech_.packets.size()]
            .ends_spurt;
    }
    void send_next(NetworkLink& link) {
        // Not from zero: the wrap-around is to happen in every run.
        constexpr dsp::MediaTime first_media_time = 0U - 3U * dsp::sample_rate_hz;
        const auto at = next_at();
        link.send(
            pack(first_media_time + static_cast<dsp::MediaTime>(start()), speech_.packets[next_]),
            at);
        if (++next_ == speech_.packets.size()) {
            next_ = 0;
            offset_ += speech_.samples;
        }
    }

private:
    [[nodiscard]] std::uint64_t start() const {
        return offset_ + speech_.packets[next_].media_time;
    }

    const SpeechPackets& speech_;
    DriftingClock clock_;
    std::size_t next_ = 0;
    std::uint64_t offset_ = 0;
};

/// The listener's side: takes packets off the link and pulls a frame on each tick.
class Listener {
public:
    Listener(const PlayoutRun& settings, DriftingClock clock)
        : settings_(settings), clock_(clock), random_(settings.seed ^ 0xA5A5U) {}

    [[nodiscard]] TimePoint next_at() const { return clock_.at(report.ticks * dsp::frame_samples); }

    void take(NetworkLink& link, TimePoint until) {
        while (const auto delivery = link.receive(until)) {
            const auto held_up = delivery->at - delivery->sent - settings_.link.delay;
            report.held_up_ms_sorted.push_back(Milliseconds(held_up).count());
            quickest_.add(dsp::to_samples(held_up), dsp::to_samples(delivery->at));
            playout_.push(unpack(delivery->packet, delivery->at + wakeup()));
        }
    }

    void tick() {
        std::array<float, dsp::frame_samples> sound{};
        const bool heard = playout_.pull(sound, next_at() + wakeup());
        ++report.ticks;
        if (heard) {
            ++report.ticks_heard;
            const auto delay = playout_.delay();
            report.delays_ms.push_back(Milliseconds(delay.current).count());
            report.targets_ms.push_back(Milliseconds(delay.target).count());
            // The delay is told against the quickest packets of late, by the same minimum.
            report.added_ms.push_back(
                Milliseconds(delay.current + dsp::to_duration(quickest_.value())).count());
        }
        report.counters = playout_.counters();
        if (settings_.keep_sound) {
            report.sound.insert(report.sound.end(), sound.begin(), sound.end());
        }
    }

    PlayoutReport report;

private:
    Duration wakeup() {
        return std::chrono::duration_cast<Duration>(settings_.wakeup_jitter * random_.uniform());
    }

    const PlayoutRun& settings_;
    DriftingClock clock_;
    Random random_;
    dsp::SlidingMinimum quickest_;
    dsp::SpeakerPlayout playout_ = dsp::SpeakerPlayout::create().value();
};

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) /
           static_cast<double>(std::max<std::size_t>(values.size(), 1));
}

double share(std::uint64_t part, std::uint64_t of) {
    return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of);
}

}  // namespace

PlayoutReport run(const SpeechPackets& speech, const PlayoutRun& settings) {
    // The two clocks start at a phase that differs from run to run.
    Random random(settings.seed);
    const TimePoint start{std::chrono::hours(1)};
    const auto phase = std::chrono::microseconds(random.below(10'000));
    Speaker speaker(speech, DriftingClock(start + phase, settings.sender_ppm));
    Listener listener(settings, DriftingClock(start, settings.receiver_ppm));
    NetworkLink link(settings.link, random.next());

    const auto end = start + settings.length;
    const auto rest = std::chrono::seconds(10);  // for the spurt to end and all to be heard
    auto later = settings.later.begin();
    while (listener.next_at() < end + rest) {
        const auto tick_at = listener.next_at();
        if (later != settings.later.end() && tick_at >= start + later->first) {
            link.change(later->second);
            ++later;
        }
        while (speaker.next_at() <= tick_at && (speaker.next_at() <= end || !speaker.silent())) {
            speaker.send_next(link);
        }
        listener.take(link, tick_at);
        listener.tick();
    }
    auto report = std::move(listener.report);
    report.link = link.counters();
    std::ranges::sort(report.held_up_ms_sorted);
    report.frames_sent = report.link.sent * speech.packet_samples / dsp::frame_samples;
    return report;
}

double PlayoutReport::lost_share() const {
    const auto known = counters.played + counters.recovered;
    return share(frames_sent - std::min(frames_sent, known), frames_sent);
}

double PlayoutReport::concealed_share() const {
    return share(counters.concealed, counters.played + counters.recovered + counters.concealed);
}

double PlayoutReport::recovered_share() const { return share(counters.recovered, frames_sent); }

double PlayoutReport::delay_ms(double of) const {
    if (delays_ms.empty()) {
        return 0;
    }
    auto sorted = delays_ms;
    std::ranges::sort(sorted);
    return sorted[static_cast<std::size_t>(of * static_cast<double>(sorted.size() - 1))];
}

double PlayoutReport::delay_ms_mean() const { return mean(delays_ms); }
double PlayoutReport::added_ms_mean() const { return mean(added_ms); }

double PlayoutReport::held_up_share(double ms) const {
    const auto first = std::ranges::upper_bound(held_up_ms_sorted, ms);
    return share(static_cast<std::uint64_t>(held_up_ms_sorted.end() - first),
                 held_up_ms_sorted.size());
}

double PlayoutReport::held_up_ms(double of) const {
    const auto count = static_cast<double>(held_up_ms_sorted.size());
    return held_up_ms_sorted.at(static_cast<std::size_t>(of * (count - 1)));
}

double PlayoutReport::deviation_ms_max() const {
    double most = 0;
    for (std::size_t i = 0; i < delays_ms.size(); ++i) {
        most = std::max(most, std::abs(delays_ms[i] - targets_ms[i]));
    }
    return most;
}

}  // namespace partyline::sim
