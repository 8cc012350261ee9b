#include "server/room/mentions.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "server/room/names.hpp"

namespace partyline::room {
namespace {

/// A name may be written in more bytes than it is kept in: with its accents as letters of their own.
constexpr std::size_t window_bytes_max = 2 * name_bytes_max;

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// The code point that begins at `at`, and how many bytes it has.
struct Point {
    std::int32_t value = 0;
    std::size_t bytes = 1;
};
Point point_at(std::string_view text, std::size_t at) {
    Point point;
    const auto rest = text.substr(at);
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(rest.data()),
                                        std::ssize(rest), &point.value);
    point.bytes = bytes > 0 ? static_cast<std::size_t>(bytes) : 1;
    return point;
}

bool is_word(std::int32_t point) {
    const auto category = utf8proc_category(point);
    return point == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

bool is_word_before(std::string_view text, std::size_t at) {
    if (at == 0) {
        return false;
    }
    auto begin = at - 1;
    while (begin > 0 && continues(text[begin])) {
        --begin;
    }
    return is_word(point_at(text, begin).value);
}

/// What may be a name at the beginning of `rest`, and whether it is all of it.
std::pair<std::string_view, bool> window(std::string_view rest) {
    auto end = std::min(rest.find('\n'), rest.size());
    const bool whole = end <= window_bytes_max;
    end = std::min(end, window_bytes_max);
    while (!whole && continues(rest[end])) {
        --end;
    }
    return {rest.substr(0, end), whole};
}

/// Where a name may end in a folded text: where no word goes on.
std::vector<std::size_t> ends(std::string_view folded, bool whole) {
    std::vector<std::size_t> found;
    bool word_before = false;
    for (std::size_t at = 0; at < folded.size();) {
        const auto point = point_at(folded, at);
        const bool word = is_word(point.value);
        if (at > 0 && !(word_before && word)) {
            found.push_back(at);
        }
        word_before = word;
        at += point.bytes;
    }
    if (whole && !folded.empty()) {
        found.push_back(folded.size());
    }
    return found;
}

std::optional<Person> named(std::string_view rest, const WhoBears& who) {
    const auto [text, whole] = window(rest);
    const auto folded = fold_name(text);
    auto candidates = ends(folded, whole);
    for (; !candidates.empty(); candidates.pop_back()) {
        if (auto person = who(folded.substr(0, candidates.back()))) {
            return person;
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<Person> mentioned(std::string_view text, const WhoBears& who) {
    std::vector<Person> people;
    std::size_t tried = 0;
    for (auto at = text.find('@'); at != std::string_view::npos && tried < mentions_tried_max;
         at = text.find('@', at + 1)) {
        if (is_word_before(text, at)) {
            continue;
        }
        ++tried;
        const auto person = named(text.substr(at + 1), who);
        if (person && !std::ranges::contains(people, *person)) {
            people.push_back(*person);
        }
        if (people.size() == mentions_max) {
            break;
        }
    }
    return people;
}

}  // namespace partyline::room
