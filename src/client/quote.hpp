// A person's own text in a line about it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace partyline::client {

inline constexpr std::size_t quote_code_points_max = 60;

/// The beginning, as far as it tells one text from another; "…" stands for the rest.
inline std::string quote(std::string_view text) {
    const auto begins_code_point = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
    };
    std::size_t code_points = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (begins_code_point(text[at]) && ++code_points > quote_code_points_max) {
            return std::string(text.substr(0, at)) + "…";
        }
    }
    return std::string(text);
}

}  // namespace partyline::client
