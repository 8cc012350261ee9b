// What the program itself expects of its machine.
#pragma once

#include <cstdint>

namespace partyline::server {

// Open files for what is there besides the connections of talkies; own_files() adds up all of them.
/// However it is configured: the standard streams, lock and database with its journal for who writes and who
/// reads, two event loops, signals, the admin socket, and what is read now and then.
inline constexpr std::uint64_t files_always = 40;
/// At the machine, at a time.
inline constexpr std::uint64_t files_of_consoles = 8;
/// Whatever listens, and a connection that it has just taken and not judged yet.
inline constexpr std::uint64_t files_of_listener = 2;
/// What wakes it; its sockets come on top.
inline constexpr std::uint64_t files_of_relay_thread = 1;

// What `doctor` calls a problem, and what it notes.
inline constexpr std::uint64_t disk_free_bytes_min = std::uint64_t{100} << 20;
inline constexpr std::uint64_t disk_free_bytes_good = std::uint64_t{1} << 30;
inline constexpr std::int64_t certificate_days_good = 14;
/// 2025-01-01: no machine that runs this has an earlier date.
inline constexpr std::int64_t clock_unix_ms_min = 1'735'689'600'000;

}  // namespace partyline::server
