// How long tests wait for what must happen. Generous: only a failing test ever waits so long.
#pragma once

#include <chrono>

namespace partyline::harness {

inline constexpr std::chrono::seconds patience{60};
inline constexpr std::chrono::seconds exit_patience{30};
inline constexpr std::chrono::milliseconds poll_interval{20};

}  // namespace partyline::harness
