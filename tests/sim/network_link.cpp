#include "sim/network_link.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace partyline::sim {
namespace {

constexpr double spikes_per_packet = 0.01;  // one a second at 100 packets/s

Duration scaled(Duration duration, double factor) {
    return std::chrono::duration_cast<Duration>(duration * factor);
}

/// Box and Muller's method, as std's normal distribution differs between libraries.
double normal(Random& random) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

}  // namespace

bool NetworkLink::loses_this_one() {
    if (in_burst_) {
        in_burst_ = !random_.chance(1 / std::max(settings_.burst_packets, 1.0));
    } else {
        in_burst_ = settings_.burst_start > 0 && random_.chance(settings_.burst_start);
    }
    return in_burst_ || (settings_.loss > 0 && random_.chance(settings_.loss));
}

Duration NetworkLink::extra_delay(TimePoint now) {
    switch (settings_.jitter) {
        case Jitter::none: return {};
        case Jitter::uniform: return scaled(settings_.jitter_size, random_.uniform());
        case Jitter::gaussian: return scaled(settings_.jitter_size, std::abs(normal(random_)));
        case Jitter::spikes:
            if (random_.chance(spikes_per_packet)) {
                stopped_until_ = std::max(stopped_until_, now + settings_.jitter_size);
            }
            return std::max(stopped_until_ - now, Duration{});
    }
    std::unreachable();
}

void NetworkLink::send(ByteView packet, TimePoint now) {
    ++counters_.sent;
    if (loses_this_one()) {
        ++counters_.lost;
        return;
    }
    deliver(packet, now);
    if (settings_.duplicates > 0 && random_.chance(settings_.duplicates)) {
        ++counters_.duplicated;
        deliver(packet, now);
    }
}

void NetworkLink::deliver(ByteView packet, TimePoint now) {
    auto at = now + settings_.delay + extra_delay(now);
    if (!settings_.reorders) {
        at = std::max(at, latest_);
    }
    latest_ = std::max(latest_, at);
    flying_.push_back(
        {.delivery = {.sent = now, .at = at, .packet = to_bytes(packet)}, .order = order_++});
    std::ranges::push_heap(flying_, later);
}

std::optional<TimePoint> NetworkLink::next_at() const {
    return flying_.empty() ? std::nullopt : std::optional(flying_.front().delivery.at);
}

std::optional<NetworkLink::Delivery> NetworkLink::receive(TimePoint now) {
    if (flying_.empty() || flying_.front().delivery.at > now) {
        return std::nullopt;
    }
    std::ranges::pop_heap(flying_, later);
    auto next = std::move(flying_.back().delivery);
    flying_.pop_back();
    ++counters_.delivered;
    return next;
}

}  // namespace partyline::sim
