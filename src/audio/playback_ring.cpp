#include "audio/playback_ring.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "dsp/stereo.hpp"

namespace partyline::audio {
namespace {

/// How the lead moves: up at once when a frame was missing, down by 1 ms for each second, but no further than to
/// what has been needed lately and this much more.
constexpr Duration lead_step_up = std::chrono::milliseconds(2);
constexpr Duration lead_step_down = std::chrono::microseconds(10);
constexpr Duration lead_spare = std::chrono::milliseconds(1);
/// What was needed is remembered for so long at least, and for twice as long at most.
constexpr Duration lead_memory = std::chrono::minutes(1);

constexpr std::size_t ring_frame = device_channels * dsp::frame_samples;

}  // namespace

void PlaybackRing::exchange(float* out, const float*, std::size_t samples) {
    const std::span all(out, device_channels * samples);
    const auto count = ring_.read(all);
    std::ranges::fill(all.subspan(count), 0.0F);
    if (count > 0) {
        samples_read_ += count;
        note_need(latest_[(samples_read_ - 1) / ring_frame % latest_.size()] - clock_.now());
    }
    if (started_.load(std::memory_order_relaxed) != 0) {
        if (count < all.size() && !resting_.load(std::memory_order_relaxed)) {
            underruns_.fetch_add(1, std::memory_order_relaxed);
        }
    } else if (count > 0) {
        // The device plays the period before while it asks for this one.
        started_.store((clock_.now() + period).time_since_epoch().count(),
                       std::memory_order_release);
    }
}

// Should the other side take the most between our look and our store, it has seen what we have, or more.
void PlaybackRing::note_need(Duration lead) {
    if (lead.count() > needed_.load(std::memory_order_relaxed)) {
        needed_.store(lead.count(), std::memory_order_relaxed);
    }
}

TimePoint PlaybackRing::due(TimePoint now, TimePoint called) const {
    if (now - called > device_stall_max) {
        // Nobody plays. Frames keep their pace, so that voices do not pile up before the sink.
        return written_at_ + period;
    }
    const auto frames_ahead = ring_.size() / ring_frame;
    return called + periods(frames_ahead + 1) - lead_;
}

void PlaybackRing::write(dsp::ConstFrame frame) {
    static constexpr std::array<float, dsp::frame_samples> alike{};
    write(frame, alike);
}

void PlaybackRing::write(dsp::ConstFrame mid, dsp::ConstFrame side) {
    written_at_ = clock_.now();
    const auto latest = written_at_ + lead_;
    learn();
    if (ring_.size() < device_frames_ahead_max * ring_frame) {
        // Whoever reads is still at one of the frames that wait: the place of one long read is free.
        latest_[frames_kept_++ % latest_.size()] = latest;
        std::array<float, ring_frame> both;
        dsp::join_stereo(mid, side, both);
        ring_.write(both);
    }
    resting_.store(false, std::memory_order_relaxed);
}

// A device whose own period is not 10 ms calls back unevenly, and needs more than the least time and again. To sink
// until a frame is missing would find that out by a hole each time.
void PlaybackRing::learn() {
    const auto underruns = underruns_.load(std::memory_order_relaxed);
    const bool failed = underruns != underruns_seen_;
    underruns_seen_ = underruns;
    lead_ += failed ? lead_step_up : -lead_step_down;
    if (written_at_ - newest_since_ >= lead_memory) {
        newest_since_ = written_at_;
        before_ = std::exchange(newest_, {});
    }
    const Duration needed(needed_.exchange(nothing_needed, std::memory_order_relaxed));
    newest_ = std::max({newest_, needed + lead_spare, failed ? lead_ : Duration{}});
    lead_ = std::max({lead_, newest_, before_});
    lead_ = std::clamp<Duration>(lead_, device_lead_min, device_lead_max);
}

}  // namespace partyline::audio
