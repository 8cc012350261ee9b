#include "cli/people.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <format>
#include <string_view>

namespace partyline::cli {
namespace {

/// "#12".
std::optional<std::uint32_t> session_number(std::string_view who) {
    if (!who.starts_with('#')) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    const auto* last = who.data() + who.size();
    const auto [end, error] = std::from_chars(who.data() + 1, last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::optional<SessionId> somebody(const std::vector<client::Person>& people,
                                  const std::string& who) {
    for (const auto& person : people) {
        if (person.name == who || session_number(who) == person.session.value) {
            return person.session;
        }
    }
    std::optional<SessionId> found;
    for (const auto& person : people) {
        if (same_but_for_case(person.name, who)) {
            if (found) {
                return std::nullopt;  // of two nobody is meant
            }
            found = person.session;
        }
    }
    return found;
}

Result<SessionId> somebody_here(const std::vector<client::Person>& people, const std::string& who) {
    if (const auto found = somebody(people, who)) {
        return *found;
    }
    return fail(ErrorCode::unknown_person,
                std::format("nobody here is called \"{}\"; \"who\" lists them", who));
}

}  // namespace partyline::cli
