#include "dsp/delay_control.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "dsp/limits.hpp"

namespace partyline::dsp {
namespace {

// A correction stops so far inside the band.
constexpr Samples inside = 2 * samples_per_ms;
// Splices come in pitch periods; they may go past the target by this, or low voices would never
// find one.
constexpr Samples past_target = 3 * samples_per_ms;
// So far below the band packets begin to come too late.
constexpr Samples urgent_below = samples_per_ms;
static_assert(inside + past_target >= static_cast<Samples>(splice_samples_min));
static_assert(DelayControl::early_start < DelayControl::slack_below_max);
static_assert(static_cast<Samples>(frame_samples) - DelayControl::early_start <
              DelayControl::delay_above_max);

// No faster than about a third, so that it can still be followed; slower, when packets threaten to
// come too late, as fast as splices are found.
constexpr Samples ticks_between_shortenings = 3;
constexpr Samples ticks_between_lengthenings = 2;

// What a splice must be like when nothing presses, and how fast that is given up: by the
// distance, and by the time that no splice was good enough.
constexpr float likeness_wanted = 0.9F;
constexpr float likeness_per_sample = 0.01F / samples_per_ms;  // 0.01 for each ms
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

Correction DelayControl::next(const DelayState& state) {
    const auto slack_least = state.target - slack_below_max;
    if (state.slack < slack_least) {
        kind_ = Correction::Kind::lengthen;
    } else if (state.delay > state.target + delay_above_max) {
        kind_ = Correction::Kind::shorten;
    } else if ((kind_ == Correction::Kind::lengthen && state.slack >= slack_least + inside) ||
               (kind_ == Correction::Kind::shorten && state.delay <= state.target + inside)) {
        kind_ = Correction::Kind::none;
    }
    ++ticks_since_splice_;
    switch (kind_) {
        case Correction::Kind::none: return {};
        case Correction::Kind::shorten: return shorten(state);
        case Correction::Kind::lengthen: return lengthen(state);
    }
    std::unreachable();
}

Correction DelayControl::shorten(const DelayState& state) const {
    if (ticks_since_splice_ < ticks_between_shortenings) {
        return {};
    }
    // Cutting beyond what is decoded already costs a frame of slack.
    const auto decoded = state.delay - state.slack;
    const auto excess = state.delay - state.target;
    const bool slack_to_spare =
        state.slack - static_cast<Samples>(frame_samples) >= state.target - slack_below_max;
    const auto most = slack_to_spare ? excess + past_target : std::min(excess, decoded);
    return {.kind = Correction::Kind::shorten,
            .samples_most = static_cast<std::size_t>(std::max(most, Samples{0})),
            .likeness_least = likeness(excess)};
}

Correction DelayControl::lengthen(const DelayState& state) const {
    if (ticks_since_splice_ < ticks_between_lengthenings) {
        return {};
    }
    const auto missing = state.target - state.slack;
    // Slack comes a frame at a time, when enough has been added to decode one packet less. Unless
    // it is urgent, what it takes until then is not to carry the delay beyond the band.
    const bool urgent = missing > slack_below_max + urgent_below;
    const auto room = urgent ? missing : state.target - state.delay;
    return {.kind = Correction::Kind::lengthen,
            .samples_most = static_cast<std::size_t>(std::max(room, inside) + past_target),
            .likeness_least = likeness(missing)};
}

float DelayControl::likeness(Samples distance) const {
    return likeness_wanted - likeness_per_sample * static_cast<float>(distance) -
           likeness_per_tick * static_cast<float>(ticks_since_splice_);
}

}  // namespace partyline::dsp
