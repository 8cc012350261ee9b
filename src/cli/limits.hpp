// Every bound of this folder in one place.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace partyline::cli {

/// How many texts `history` shows when nobody says otherwise, and at most.
inline constexpr std::uint32_t history_texts = 20;
inline constexpr std::uint32_t history_texts_max = 64;

/// Events and lines that wait for the main loop. A reader of our output that is further behind than
/// this does not read at all.
inline constexpr std::size_t inbox_items_max = 20'000;
inline constexpr std::size_t line_bytes_max = 64 * 1024;
/// Lines that wait for a change of room that is on its way.
inline constexpr std::size_t waiting_lines_max = 1'000;
/// How often the main loop looks whether a signal came.
inline constexpr std::chrono::milliseconds signal_look_period{50};
/// After this we say that the server does not answer; the talkie's own patience is shorter.
inline constexpr std::chrono::seconds connect_time_max{20};
/// How long a one-shot `say` waits to be accepted.
inline constexpr std::chrono::seconds accept_time_max{5};
/// How long we wait to be told that the talkie has ended: it gives a recording 15 s to be whole.
inline constexpr std::chrono::seconds leave_time_max{18};
/// How long the end of the program takes then at most: for a disk that does not answer the talkie waits without an end.
inline constexpr std::chrono::seconds program_end_max{15};
/// How long we stay after the microphone's file has ended, so that its last words are heard.
inline constexpr std::chrono::milliseconds last_words{500};
inline constexpr double seconds_max = 1e6;  // for --for

/// The first line of a file with a password.
inline constexpr std::size_t password_file_bytes_max = 1024;

}  // namespace partyline::cli
