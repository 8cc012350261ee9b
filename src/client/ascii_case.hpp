// Names as people type them: upper and lower case make no difference, as far as ASCII goes.
#pragma once

#include <algorithm>
#include <string_view>

namespace partyline::client {

inline bool same_but_for_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace partyline::client
