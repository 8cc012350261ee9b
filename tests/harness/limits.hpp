// How long tests wait for what must happen. Generous: only a failing test ever waits so long.
#pragma once

#include <chrono>

namespace partyline::harness {

inline constexpr std::chrono::seconds patience{15};
inline constexpr std::chrono::seconds exit_patience{10};
inline constexpr std::chrono::milliseconds poll_interval{20};

}  // namespace partyline::harness
