// Networks as people have them, and what becomes of speech on each: by our playout, and by buffers of one
// fixed delay.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/playout_run.hpp"

namespace partyline::sim {

struct Trace {
    std::string_view name;
    LinkSettings link;
    std::vector<std::pair<Duration, LinkSettings>> later;
};

/// Each lasts trace_length; none loses a packet, so whatever is missing came too late.
std::vector<Trace> traces();
inline constexpr Duration trace_length = std::chrono::seconds(120);

inline constexpr std::array<double, 3> fixed_delays_ms{40, 60, 80};

/// Means of all seeds. Delays are what is added to the quickest path of the start.
struct TraceResult {
    double delay_ms = 0;
    /// Frames that were late or concealed, whichever is more, of those sent.
    double missing_percent = 0;
    /// What fixed buffers miss, in the order of fixed_delays_ms.
    std::array<double, fixed_delays_ms.size()> fixed_missing_percent{};
    /// The least fixed delay that misses no more than we do. Nobody can know it beforehand.
    double fixed_delay_ms_for_same = 0;
};
TraceResult follow(const Trace& trace, const SpeechPackets& speech, std::uint64_t seeds);

}  // namespace partyline::sim
