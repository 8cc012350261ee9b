#include "wire/check.hpp"

#include <cstddef>
#include <format>
#include <string_view>
#include <variant>

#include "base/text.hpp"

namespace partyline::wire {
namespace {

Result<void> at_most(std::size_t size, std::uint32_t max, std::string_view what,
                     std::string_view unit) {
    if (max == 0 || size <= max) {
        return {};
    }
    return fail(
        ErrorCode::too_large,
        std::format("{}: {} {}, at most {} are allowed on this server", what, size, unit, max));
}

/// Empty for a message without one.
std::string_view text_in(const ClientBody& body) {
    if (const auto* said = std::get_if<SendText>(&body)) {
        return said->text;
    }
    if (const auto* edit = std::get_if<EditText>(&body)) {
        return edit->text;
    }
    const auto* letter = std::get_if<SendDirect>(&body);
    return letter == nullptr ? std::string_view() : letter->text;
}

/// The name that somebody is to bear; empty for a message without one.
std::string_view name_in(const ClientBody& body) {
    if (const auto* login = std::get_if<Login>(&body)) {
        return login->name;
    }
    const auto* claim = std::get_if<ClaimAccount>(&body);
    return claim == nullptr ? std::string_view() : claim->name;
}

}  // namespace

Result<void> check(const ClientMessage& message, const Limits& told) {
    return check(message)
        .and_then([&] {
            return at_most(code_points(name_in(message.body)), told.name_code_points, "the name",
                           "code points");
        })
        .and_then([&] {
            return at_most(text_in(message.body).size(), told.text_bytes, "the text", "bytes");
        })
        .and_then([&] {
            return at_most(encode(message).size(), told.frame_bytes, name_of(message.body),
                           "bytes");
        });
}

}  // namespace partyline::wire
