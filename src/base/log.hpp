// The one log. Never a secret or a message's content; never per packet; never on a real-time path.
#pragma once

#include <cstdint>
#include <format>
#include <string>
#include <string_view>
#include <utility>

namespace partyline::log {

enum class Level : std::uint8_t { debug, info, warning, error, off };

/// A line for people, or a line that is a JSON object with "time", "level" and "message".
enum class Format : std::uint8_t { text, json };

/// [any but audio and relay] Sets what is written to standard error. Before this: warnings and errors.
void set_level(Level level);
/// [any but audio and relay] Sets how. Before this: text.
void set_format(Format format);
/// `line` as a JSON string, quotes included; what is not UTF-8 becomes '?'. [any]
[[nodiscard]] std::string to_json_string(std::string_view line);
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
