// The one log. Never a secret or a message's content; never per packet; never on a real-time path.
#pragma once

#include <cstdint>
#include <format>
#include <string_view>
#include <utility>

namespace partyline::log {

enum class Level : std::uint8_t { debug, info, warning, error, off };

/// [main] Sets what is written to standard error. Before this: warnings and errors.
void set_level(Level level);
[[nodiscard]] bool enabled(Level level);
/// [any but audio and relay] Writes one line. Prefer the functions below.
void write(Level level, std::string_view line);

template <class... Args>
void debug(std::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::debug)) {
        write(Level::debug, std::format(format, std::forward<Args>(args)...));
    }
}
template <class... Args>
void info(std::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::info)) {
        write(Level::info, std::format(format, std::forward<Args>(args)...));
    }
}
template <class... Args>
void warning(std::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::warning)) {
        write(Level::warning, std::format(format, std::forward<Args>(args)...));
    }
}
template <class... Args>
void error(std::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::error)) {
        write(Level::error, std::format(format, std::forward<Args>(args)...));
    }
}

}  // namespace partyline::log
