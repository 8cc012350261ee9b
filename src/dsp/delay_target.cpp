#include "dsp/delay_target.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "dsp/delay_control.hpp"

namespace partyline::dsp {
namespace {

// Of packets, that are to be there in time.
constexpr float percentile_aim = 0.985F;
// With each packet the old ones together weigh this much less: a time constant of 5 s at 100
// packets/s. One and a half per cent of that is 8 packets: so few make the target grow.
constexpr float forgetting = 0.998F;
// The delay may sag by so much below the target before it is corrected.
constexpr Samples margin = DelayControl::slack_below_max;
// What differs by more is another clock, not the network.
constexpr Samples clock_jump = 2 * Samples{sample_rate_hz};
// Silence as long as this between packets makes the next one the start of a spurt, whatever was lost.
constexpr Samples spurt_gap = 100 * samples_per_ms;

// Drift and chance move the quickest packet by less than this from one packet to the next.
constexpr Samples longer_way_min = 5 * samples_per_ms;

// Shares of lost frames and of packets with FEC are averages over about 5 s.
constexpr double share_weight = 1.0 / 500;
constexpr double lost_share_on = 0.01;
constexpr double lost_share_off = 0.003;
constexpr double fec_share_on = 0.1;

}  // namespace

void SlidingMinimum::add(Samples value, Samples now) {
    constexpr auto none = std::numeric_limits<Samples>::max();
    auto bucket = now / bucket_samples - skipped_;
    if (!any_ || outlived(now)) {
        least_.fill(none);
        bucket_ = bucket;
        any_ = true;
    }
    if (bucket > bucket_) {
        skipped_ += bucket - bucket_ - 1;
        bucket = ++bucket_;
        least_[static_cast<std::size_t>(bucket) % buckets] = none;
    }
    // What is told out of order counts as new.
    auto& least = least_[static_cast<std::size_t>(bucket_) % buckets];
    least = std::min(least, value);
}

bool SlidingMinimum::outlived(Samples now) const {
    return any_ && now / bucket_samples - skipped_ - bucket_ > idle_buckets_max;
}

Samples SlidingMinimum::value() const { return any_ ? std::ranges::min(least_) : 0; }

DelayTarget::DelayTarget() {
    // Before anything is known: a network that holds nothing up.
    histogram_[0] = 1.0F;
}

void DelayTarget::observe(const Arrival& arrival) {
    const auto end = arrival.media + static_cast<Samples>(arrival.samples);
    const auto transit = arrival.arrived - end;
    // After a long pause the base is anew the first packet's, and that one is likely to be late: one of
    // a spurt's beginning is as old as the pre-roll. It tells nothing of how much longer the way has become.
    if (fastest_.outlived(arrival.arrived) ||
        (!fastest_.empty() && std::abs(transit - fastest_.value()) > clock_jump)) {
        fastest_.clear();
    }
    const auto fastest_before = fastest_.empty() ? transit : fastest_.value();
    fastest_.add(transit, arrival.arrived);
    rebase(fastest_.value() - fastest_before);

    // Sound from before the microphone opened comes in a burst at the start of a spurt, and says nothing
    // about the network. Its packets say so. Of a talkie whose do not, what would have been here before the
    // spurt's first packet, had it been sent when it was spoken, waited for the microphone: in whatever
    // order the burst arrives.
    note_spurt(arrival);
    if (!arrival.kept && end + fastest_.value() > spurt_arrived_) {
        record(transit - fastest_.value());
    }
    packet_samples_ = arrival.samples;
    fec_share_ += ((arrival.has_fec ? 1.0 : 0.0) - fec_share_) * share_weight;
    update();
}

void DelayTarget::note_spurt(const Arrival& arrival) {
    // Where a spurt was said to be over, the next may go back to that very moment. Where the packet that said
    // so was lost, only a gap shows it.
    const auto gap_least = newest_ends_spurt_ ? 0 : spurt_gap;
    if (!any_ || arrival.media - newest_end_ >= gap_least) {
        spurt_arrived_ = arrival.arrived;
    }
    const auto end = arrival.media + static_cast<Samples>(arrival.samples);
    if (!any_ || end > newest_end_) {
        newest_end_ = end;
        newest_ends_spurt_ = arrival.ends_spurt;
        any_ = true;
    }
}

void DelayTarget::observe_frame(bool lost) {
    lost_share_ += ((lost ? 1.0 : 0.0) - lost_share_) * share_weight;
}

/// When the way has become longer for all packets, four seconds pass until the quickest of before
/// is forgotten; what was recorded against it was not jitter.
void DelayTarget::rebase(Samples longer) {
    if (longer < longer_way_min) {
        return;
    }
    const auto ms = std::min(static_cast<std::size_t>(longer / samples_per_ms), histogram_ms - 1);
    const auto kept = histogram_.begin() + static_cast<std::ptrdiff_t>(ms);
    const float below = std::accumulate(histogram_.begin(), kept, 0.0F);
    std::fill(std::shift_left(histogram_.begin(), histogram_.end(), kept - histogram_.begin()),
              histogram_.end(), 0.0F);
    histogram_[0] += below;
}

void DelayTarget::record(Samples held_up) {
    for (float& share : histogram_) {
        share *= forgetting;
    }
    const auto ms = static_cast<std::size_t>(held_up / samples_per_ms);
    histogram_[std::min(ms, histogram_ms - 1)] += 1.0F - forgetting;
    spread_ = percentile();
}

Samples DelayTarget::percentile() const {
    // From the top: few entries there, and no rounding errors of a sum near one.
    float above = 0.0F;
    for (std::size_t ms = histogram_ms; ms-- > 0;) {
        above += histogram_[ms];
        if (above > 1.0F - percentile_aim) {
            return static_cast<Samples>(ms + 1) * samples_per_ms;
        }
    }
    return 0;
}

void DelayTarget::update() {
    // The copy of a lost packet comes with the next one. When packets are lost, waiting for that
    // one costs less than inventing does.
    const double threshold = waits_for_fec_ ? lost_share_off : lost_share_on;
    waits_for_fec_ = lost_share_ > threshold && fec_share_ > fec_share_on;
    const auto fec_wait = waits_for_fec_ ? static_cast<Samples>(packet_samples_) : 0;
    target_ = std::clamp(spread_ + margin + fec_wait, to_samples(delay_target_min),
                         to_samples(delay_target_max));
}

}  // namespace partyline::dsp
