// What this process uses of the machine, for whoever watches it.
#pragma once

#include <chrono>
#include <cstdint>

namespace partyline::platform {

/// Zero where the system does not tell.
struct ProcessFigures {
    std::uint64_t resident_bytes = 0;
    std::chrono::microseconds cpu_user{};
    std::chrono::microseconds cpu_system{};
    std::uint64_t open_files = 0;
    std::uint64_t open_files_max = 0;
    std::uint64_t threads = 0;
};

/// [any]
ProcessFigures process_figures();

}  // namespace partyline::platform
