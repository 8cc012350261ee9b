#include "sim/traces.hpp"

#include <algorithm>

namespace partyline::sim {
namespace {

using namespace std::chrono_literals;

LinkSettings uniform() { return {.jitter = Jitter::uniform, .jitter_size = 50ms}; }

/// A radio that is busy for a tenth of a second now and then; then all that waited comes at once.
LinkSettings wifi_bursts() {
    return {.jitter = Jitter::spikes, .jitter_size = 100ms, .reorders = false};
}

LinkSettings with_queue(Duration queue) {
    return {.delay = LinkSettings{}.delay + queue,
            .jitter = Jitter::uniform,
            .jitter_size = 5ms,
            .reorders = false};
}

/// Somebody uploads for ten seconds out of thirty: the router's queue fills within five seconds to
/// 200 ms, stays full, and drains within two.
Trace bufferbloat_ramp() {
    constexpr auto step = 50ms;
    constexpr Duration full = 200ms;
    Trace trace{.name = "bufferbloat ramp", .link = with_queue({}), .later = {}};
    for (Duration cycle = 10s; cycle < trace_length; cycle += 30s) {
        for (Duration at{}; at <= 5s; at += step) {
            trace.later.emplace_back(cycle + at, with_queue(full * (at / step) / (5s / step)));
        }
        for (Duration at{}; at <= 2s; at += step) {
            trace.later.emplace_back(cycle + 10s + at,
                                     with_queue(full - full * (at / step) / (2s / step)));
        }
    }
    return trace;
}

/// Every fifteen seconds another way, 70 ms longer, and back.
Trace route_flap() {
    Trace trace{.name = "route flap", .link = with_queue({}), .later = {}};
    bool longer = false;
    for (Duration at = 15s; at < trace_length; at += 15s) {
        longer = !longer;
        auto link = with_queue(longer ? 70ms : 0ms);
        link.reorders = true;  // the two ways know nothing of each other
        trace.later.emplace_back(at, link);
    }
    return trace;
}

}  // namespace

std::vector<Trace> traces() {
    return {{.name = "uniform", .link = uniform(), .later = {}},
            {.name = "Wi-Fi bursts", .link = wifi_bursts(), .later = {}},
            bufferbloat_ramp(),
            route_flap()};
}

TraceResult follow(const Trace& trace, const SpeechPackets& speech, std::uint64_t seeds) {
    TraceResult mean;
    const auto weight = 1 / static_cast<double>(seeds);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto report =
            run(speech,
                {.length = trace_length, .link = trace.link, .later = trace.later, .seed = seed});
        const auto missing = std::max(report.lost_share(), report.concealed_share());
        mean.delay_ms += weight * report.added_ms_mean();
        mean.missing_percent += weight * 100 * missing;
        for (std::size_t i = 0; i < fixed_delays_ms.size(); ++i) {
            mean.fixed_missing_percent[i] +=
                weight * 100 * report.held_up_share(fixed_delays_ms[i]);
        }
        mean.fixed_delay_ms_for_same += weight * report.held_up_ms(1 - missing);
    }
    return mean;
}

}  // namespace partyline::sim
