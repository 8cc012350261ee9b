#include "audio/playback_ring.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "dsp/stereo.hpp"

namespace partyline::audio {
namespace {

/// How the lead moves: up at once when a frame was missing, down by 1 ms for each second without.
constexpr Duration lead_step_up = std::chrono::milliseconds(2);
constexpr Duration lead_step_down = std::chrono::microseconds(10);

constexpr std::size_t ring_frame = device_channels * dsp::frame_samples;

}  // namespace

void PlaybackRing::exchange(float* out, const float*, std::size_t samples) {
    const std::span all(out, device_channels * samples);
    const auto count = ring_.read(all);
    std::ranges::fill(all.subspan(count), 0.0F);
    if (started_.load(std::memory_order_relaxed) != 0) {
        if (count < all.size()) {
            underruns_.fetch_add(1, std::memory_order_relaxed);
        }
    } else if (count > 0) {
        // The device plays the period before while it asks for this one.
        started_.store((clock_.now() + period).time_since_epoch().count(),
                       std::memory_order_release);
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
    const auto underruns = underruns_.load(std::memory_order_relaxed);
    lead_ = underruns == underruns_seen_ ? lead_ - lead_step_down : lead_ + lead_step_up;
    lead_ = std::clamp<Duration>(lead_, device_lead_min, device_lead_max);
    underruns_seen_ = underruns;
    if (ring_.size() < device_frames_ahead_max * ring_frame) {
        std::array<float, ring_frame> both;
        dsp::join_stereo(mid, side, both);
        ring_.write(both);
    }
}

}  // namespace partyline::audio
