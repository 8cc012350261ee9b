#include "server/room/names.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "base/text.hpp"
#include "server/room/limits.hpp"

namespace partyline::room {
namespace {

constexpr std::string_view zero_width_joiner = "\u200D";

/// The spaces of Unicode that base/text.hpp lets through: they show as nothing, or as a gap that
/// nobody can tell from another.
constexpr std::array<std::string_view, 18> spaces{
    " ",      "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
    "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u202F", "\u205F", "\u3000", "\u2800",
};

std::string_view space_at_start(std::string_view text) {
    const auto found =
        std::ranges::find_if(spaces, [text](auto space) { return text.starts_with(space); });
    return found == spaces.end() ? std::string_view{} : *found;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Result<void> check_name(std::string_view name, std::size_t code_points_max) {
    if (!is_plain_line(name)) {
        return fail(ErrorCode::invalid_name,
                    "A name must be UTF-8 without control or invisible characters.");
    }
    if (code_points(name) > code_points_max) {
        return fail(ErrorCode::invalid_name,
                    std::format("A name has at most {} characters.", code_points_max));
    }
    const auto folded = fold_name(name);
    if (folded.empty()) {
        return fail(ErrorCode::invalid_name, "A name needs a character that shows.");
    }
    if (folded.front() == ' ' || folded.back() == ' ') {
        return fail(ErrorCode::invalid_name, "A name may not begin or end with a space.");
    }
    return {};
}

}  // namespace

std::string fold_name(std::string_view name) {
    std::string folded;
    folded.reserve(name.size());
    while (!name.empty()) {
        if (name.starts_with(zero_width_joiner)) {
            name.remove_prefix(zero_width_joiner.size());
        } else if (const auto space = space_at_start(name); !space.empty()) {
            folded += ' ';
            name.remove_prefix(space.size());
        } else {
            folded += lower(name.front());
            name.remove_prefix(1);
        }
    }
    return folded;
}

Result<void> check_person_name(std::string_view name) {
    return check_name(name, name_code_points_max);
}

Result<void> check_channel_name(std::string_view name) {
    return check_name(name, channel_name_code_points_max);
}

Result<void> check_topic(std::string_view topic) {
    if (topic.size() > topic_bytes_max) {
        return fail(ErrorCode::too_large,
                    std::format("A topic has at most {} bytes.", topic_bytes_max));
    }
    if (!is_plain_line(topic)) {
        return fail(ErrorCode::not_permitted,
                    "A topic is one line of UTF-8 without invisible characters.");
    }
    return {};
}

Result<void> check_text(std::string_view text) {
    if (text.size() > text_bytes_max) {
        return fail(ErrorCode::too_large,
                    std::format("A text has at most {} bytes.", text_bytes_max));
    }
    if (text.empty() || !is_plain_text(text)) {
        return fail(ErrorCode::not_permitted,
                    "A text must be UTF-8 without invisible characters, and not empty.");
    }
    return {};
}

}  // namespace partyline::room
