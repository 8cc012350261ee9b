#include "base/period.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <limits>

namespace partyline {
namespace {

struct Unit {
    char letter;
    std::uint32_t seconds;
};
constexpr std::array units{Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86'400},
                           Unit{'w', 7 * 86'400}};

}  // namespace

Result<std::uint32_t> parse_period(std::string_view text) {
    const auto complaint =
        fail(ErrorCode::config,
             std::format(
                 "\"{}\" is no period: write a number and s, m, h, d or w, such as 90s, 2h or 7d",
                 text));
    if (text.empty()) {
        return complaint;
    }
    const auto unit = std::ranges::find(units, text.back(), &Unit::letter);
    std::uint32_t count = 0;
    const auto* const end = text.data() + text.size() - 1;
    const auto [after, error] = std::from_chars(text.data(), end, count);
    if (unit == units.end() || error != std::errc{} || after != end || count == 0 ||
        count > std::numeric_limits<std::uint32_t>::max() / unit->seconds) {
        return complaint;
    }
    return count * unit->seconds;
}

}  // namespace partyline
