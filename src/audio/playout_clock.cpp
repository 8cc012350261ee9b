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
    return start() + periods(periods_ + missed(now));
}

// The periods that have begun without anything to play.
std::uint64_t PlayoutClock::missed(TimePoint now) const {
    const auto heard_at = start() + periods(periods_) + period;
    return now > heard_at ? static_cast<std::uint64_t>((now - heard_at - Duration(1)) / period) + 1
                          : 0;
}

std::uint64_t PlayoutClock::hand_over(TimePoint now) {
    due(now);  // it may be the first
    const auto silent = missed(now);
    if (!resting_) {
        underruns_.fetch_add(silent, std::memory_order_relaxed);
    }
    resting_ = false;
    periods_ += silent + 1;
    return silent;
}

TimePoint PlayoutClock::started() const {
    return start() == TimePoint{} ? TimePoint{} : start() + period;
}

}  // namespace partyline::audio
