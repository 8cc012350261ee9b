#include "server/room/names.hpp"

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <format>
#include <iterator>
#include <memory>

#include "base/text.hpp"
#include "server/room/gone_accounts.hpp"
#include "server/room/limits.hpp"

namespace partyline::room {
namespace {

/// utf8proc's form of a well-formed text. Its own failures are lack of memory and texts of 2 GiB.
std::string mapped(std::string_view text, int options) {
    utf8proc_uint8_t* raw = nullptr;
    const auto bytes =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), std::ssize(text), &raw,
                     static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner{raw, &std::free};
    if (bytes < 0) {
        return std::string{text};
    }
    return {reinterpret_cast<const char*>(raw), static_cast<std::size_t>(bytes)};
}

/// A gap that compatibility composition leaves as it is, though nobody can tell it from a space.
constexpr std::array<std::string_view, 2> other_spaces{"\u1680", "\u2800"};

Result<void> check_name(std::string_view name, std::size_t code_points_max) {
    if (!is_plain_line(name)) {
        return fail(ErrorCode::invalid_name,
                    "A name must be UTF-8 without control or invisible characters.");
    }
    if (code_points(normal_name(name)) > code_points_max) {
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

std::string normal_name(std::string_view name) {
    return mapped(name, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
}

std::string normal_topic(std::string_view topic) {
    auto normal = normal_name(topic);
    return normal.size() <= topic_bytes_max ? normal : std::string(topic);
}

std::string fold_name(std::string_view name) {
    constexpr auto options =
        UTF8PROC_COMPOSE | UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    // Decomposed first, because a mark that folds to a letter (U+0345) has to stand in its order
    // before it does (Unicode 3.13, D146); twice, because folding can leave what composes anew.
    auto folded = mapped(name, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
    folded = mapped(mapped(folded, options), options);
    for (const auto space : other_spaces) {
        for (auto at = folded.find(space); at != std::string::npos; at = folded.find(space, at)) {
            folded.replace(at, space.size(), " ");
        }
    }
    return folded;
}

Result<void> check_person_name(std::string_view name) {
    if (const auto checked = check_name(name, name_code_points_max); !checked) {
        return checked;
    }
    if (fold_name(normal_name(name)).starts_with(gone_account_prefix)) {
        return fail(
            ErrorCode::invalid_name,
            std::format("A name does not begin with \"{}\": so deleted accounts are called.",
                        gone_account_prefix));
    }
    if (fold_name(normal_name(name)) == at_the_machine_name) {
        return fail(ErrorCode::invalid_name, "Nobody but the machine itself is called that.");
    }
    return {};
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
                    "A text must be UTF-8 without control or hidden characters, and not empty.");
    }
    return {};
}

Result<void> check_reason(std::string_view reason) {
    if (reason.size() > reason_bytes_max) {
        return fail(ErrorCode::too_large,
                    std::format("A reason has at most {} bytes.", reason_bytes_max));
    }
    if (!is_plain_line(reason)) {
        return fail(ErrorCode::not_permitted,
                    "A reason must be one line of UTF-8 without invisible characters.");
    }
    return {};
}

}  // namespace partyline::room
