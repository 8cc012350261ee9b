#include "client/lane.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

std::uint64_t token_of(TimePoint time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

Duration age_of(std::uint64_t token, TimePoint now) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(token_of(now) - token));
}

}  // namespace

void LaneJudge::set_route(bool known, TimePoint now) {
    if (known) {
        // The first ping over a new route also tells the relay where we are.
        ping_at_once_ = true;
        route_since_ = now;
    }
    route_known_ = known;
    unanswered_since_.reset();
}

Duration LaneJudge::repeat_interval() const {
    return std::max<Duration>(ping_repeat_interval, round_trip_ * 2);
}

// When the next ping goes out, seen from the last one, so that it does not depend on when we look.
TimePoint LaneJudge::ping_due() const {
    if (ping_at_once_ || !last_ping_) {
        return TimePoint{};
    }
    const Duration steady = busy_ ? ping_interval_busy : ping_interval_idle;
    const bool establishing = lane_ == Lane::tunnel && *last_ping_ - route_since_ < pong_patience;
    const bool overdue = lane_ == Lane::udp && unanswered_since_;
    const bool returning = lane_ == Lane::tunnel && pongs_in_row_ > 0;
    const bool repeats = establishing || overdue || returning;
    return *last_ping_ + (repeats ? std::min(repeat_interval(), steady) : steady);
}

std::optional<TimePoint> LaneJudge::next_due() const {
    if (!route_known_) {
        return std::nullopt;
    }
    if (unanswered_since_) {
        return std::min(ping_due(), *unanswered_since_ + pong_patience);
    }
    return ping_due();
}

std::optional<std::uint64_t> LaneJudge::take_ping(TimePoint now) {
    if (!route_known_ || now < ping_due()) {
        return std::nullopt;
    }
    ping_at_once_ = false;
    last_ping_ = now;
    unanswered_since_ = unanswered_since_.value_or(now);
    const auto token = token_of(now);
    outstanding_[next_outstanding_++ % outstanding_max] = token;
    return token;
}

std::optional<Duration> LaneJudge::on_pong(std::uint64_t sent, TimePoint now) {
    const auto at = std::ranges::find(outstanding_, sent);
    if (sent == 0 || at == outstanding_.end()) {
        return std::nullopt;
    }
    *at = 0;  // a pong counts once
    const auto age = age_of(sent, now);
    if (!route_known_ || age > pong_patience) {
        return std::nullopt;
    }
    round_trip_ = age;
    unanswered_since_.reset();
    if (lane_ == Lane::tunnel) {
        ++pongs_in_row_;
        if (!ever_risen_ || pongs_in_row_ >= pongs_to_return) {
            rise();
        }
    }
    return age;
}

std::optional<Lane> LaneJudge::take_change(TimePoint now) {
    if (unanswered_since_ && now - *unanswered_since_ >= pong_patience) {
        fall();
    }
    return std::exchange(change_, std::nullopt);
}

void LaneJudge::fall() {
    pongs_in_row_ = 0;
    unanswered_since_.reset();
    if (lane_ == Lane::udp) {
        lane_ = Lane::tunnel;
        change_ = lane_;
    }
}

void LaneJudge::rise() {
    ever_risen_ = true;
    pongs_in_row_ = 0;
    lane_ = Lane::udp;
    change_ = lane_;
}

}  // namespace partyline::client
