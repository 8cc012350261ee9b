// A configuration for a crowd that all comes from this machine.
#pragma once

#include <cstddef>
#include <format>
#include <string>
#include <string_view>

namespace partyline::harness {

/// "Room 0", "Room 1" and so on.
inline std::string crowd_rooms(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += std::format("[[room]]\nname = \"Room {}\"\n", i);
    }
    return text;
}

/// With so many crowd_rooms(). The limits of all addresses together are as they come, those of one are
/// as for a crowd; `more` are further lines of [limits].
inline std::string crowd_config(std::size_t rooms, std::string_view more = {}) {
    std::string text = R"(
[log]
level = "error"
[limits]
connections_per_address = 4000
unauthenticated = 1000
arrivals_per_second_per_address = 400
arrivals_at_once_per_address = 1000
)";
    text += more;
    return text + crowd_rooms(rooms);
}

}  // namespace partyline::harness
