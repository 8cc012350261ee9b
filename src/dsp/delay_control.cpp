#include "dsp/delay_control.hpp"

#include <algorithm>
#include <cstdlib>

#include "dsp/limits.hpp"

namespace partyline::dsp {
namespace {

// The band. A correction starts outside of it and stops close to the target.
constexpr Samples above_max = 9 * samples_per_ms;
constexpr Samples below_max = 8 * samples_per_ms;
constexpr Samples near = 2 * samples_per_ms;
// A splice may go past the target by this, or low voices would never find one.
constexpr Samples past_target = 3 * samples_per_ms;
static_assert(near + past_target >= static_cast<Samples>(splice_samples_min));
static_assert(near + past_target < below_max);

// No faster than about a third, so that it can still be followed; slower, when packets threaten to
// come too late, as fast as splices are found.
constexpr Samples ticks_between_shortenings = 3;
constexpr Samples ticks_between_lengthenings = 2;

// What a splice must be like when nothing presses, and how fast that is given up: by the
// distance, and by the time that no splice was good enough.
constexpr float likeness_wanted = 0.9F;
constexpr float likeness_per_ms = 0.01F;
constexpr float likeness_per_tick = 0.002F;

}  // namespace

Samples PullClock::tick(Samples now) {
    grid_ += static_cast<Samples>(frame_samples);
    const auto offset = now - grid_;
    const auto remembered = std::span(offsets_).first(std::min(ticks_, ticks_remembered));
    if (remembered.empty() || offset - std::ranges::min(remembered) > pause) {
        grid_ = now;
        offsets_[0] = 0;
        ticks_ = 1;
        return now;
    }
    offsets_[ticks_ % ticks_remembered] = offset;
    ++ticks_;
    const auto known = std::span(offsets_).first(std::min(ticks_, ticks_remembered));
    return grid_ + std::ranges::min(known);
}

Correction DelayControl::next(Samples delay, Samples target) {
    const auto excess = delay - target;
    const auto distance = std::abs(excess);
    if (excess > above_max) {
        kind_ = Correction::Kind::shorten;
    } else if (excess < -below_max) {
        kind_ = Correction::Kind::lengthen;
    } else if (distance <= near || (excess > 0) != (kind_ == Correction::Kind::shorten)) {
        kind_ = Correction::Kind::none;
    }
    ++ticks_since_splice_;
    const auto pause =
        kind_ == Correction::Kind::shorten ? ticks_between_shortenings : ticks_between_lengthenings;
    if (kind_ == Correction::Kind::none || ticks_since_splice_ < pause) {
        return {};
    }
    const float given_up = likeness_per_ms * static_cast<float>(distance / samples_per_ms) +
                           likeness_per_tick * static_cast<float>(ticks_since_splice_);
    return {.kind = kind_,
            .samples_most = static_cast<std::size_t>(distance + past_target),
            .likeness_least = likeness_wanted - given_up};
}

}  // namespace partyline::dsp
