#include "audio/playout_clock.hpp"

#include "audio/limits.hpp"

namespace partyline::audio {

TimePoint PlayoutClock::start() const {
    return TimePoint(Duration(start_.load(std::memory_order_acquire)));
}

TimePoint PlayoutClock::due(TimePoint now) {
    if (start() == TimePoint{}) {
        start_.store(now.time_since_epoch().count(), std::memory_order_release);
    }
    return start() + periods(periods_);
}

std::uint64_t PlayoutClock::hand_over(TimePoint now) {
    const auto heard_at = due(now) + period;
    std::uint64_t missed = 0;
    if (now > heard_at) {
        // The periods that have begun without anything to play.
        missed = static_cast<std::uint64_t>((now - heard_at - Duration(1)) / period) + 1;
        if (!resting_) {
            underruns_.fetch_add(missed, std::memory_order_relaxed);
        }
    }
    resting_ = false;
    periods_ += missed + 1;
    return missed;
}

TimePoint PlayoutClock::started() const {
    return start() == TimePoint{} ? TimePoint{} : start() + period;
}

}  // namespace partyline::audio
