// What the program itself expects of its machine.
#pragma once

#include <cstdint>

namespace partyline::server {

/// Open files for what is there besides the connections of talkies.
inline constexpr std::uint64_t own_files = 64;

// What `doctor` calls a problem, and what it notes.
inline constexpr std::uint64_t disk_free_bytes_min = std::uint64_t{100} << 20;
inline constexpr std::uint64_t disk_free_bytes_good = std::uint64_t{1} << 30;
inline constexpr std::int64_t certificate_days_good = 14;
/// 2025-01-01: no machine that runs this has an earlier date.
inline constexpr std::int64_t clock_unix_ms_min = 1'735'689'600'000;

}  // namespace partyline::server
