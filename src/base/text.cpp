#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace partyline {
namespace {

struct Decoded {
    char32_t code_point;
    std::size_t bytes;
};

/// The first code point of a text that is not empty, or nothing where it is not well-formed.
std::optional<Decoded> decode_one(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
        return Decoded{.code_point = lead, .bytes = 1};
    }
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) {
        return std::nullopt;
    }
    char32_t code_point = lead & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) {
            return std::nullopt;
        }
        code_point = (code_point << 6U) | (next & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < smallest[bytes] || code_point > 0x10FFFF || surrogate) {
        return std::nullopt;
    }
    return Decoded{.code_point = code_point, .bytes = bytes};
}

/// Control characters, bidirectional overrides and isolates, and marks with no width. The zero
/// width joiner stays allowed: emoji are built with it.
bool is_deceptive(char32_t c) {
    struct Range {
        char32_t first, last;
    };
    constexpr std::array ranges{
        Range{0x00, 0x1F},     Range{0x7F, 0x9F},       Range{0xAD, 0xAD},
        Range{0x61C, 0x61C},   Range{0x200B, 0x200C},   Range{0x200E, 0x200F},
        Range{0x2028, 0x202E}, Range{0x2060, 0x206F},   Range{0xFEFF, 0xFEFF},
        Range{0xFFF9, 0xFFFB}, Range{0xE0000, 0xE001F},
    };
    return std::ranges::any_of(ranges, [c](Range r) { return c >= r.first && c <= r.last; });
}

template <class Accept>
bool every_code_point(std::string_view text, Accept accept) {
    while (!text.empty()) {
        const auto decoded = decode_one(text);
        if (!decoded || !accept(decoded->code_point)) {
            return false;
        }
        text.remove_prefix(decoded->bytes);
    }
    return true;
}

bool fits_line(char32_t c) { return !is_deceptive(c); }

/// What Persian, Arabic, Hebrew and Indic scripts are written with: the non-joiner, and the marks that set
/// the direction of what has none beside them. They reach no further, unlike embeddings, overrides and
/// isolates, which turn around whatever follows.
bool is_written(char32_t c) { return c == 0x200C || c == 0x200E || c == 0x200F || c == 0x61C; }

bool fits_text(char32_t c) { return c == '\n' || c == '\t' || is_written(c) || !is_deceptive(c); }

template <class Accept>
std::string keep_code_points(std::string_view text, Accept accept) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto decoded = decode_one(text);
        const auto bytes = decoded ? decoded->bytes : 1;
        out += decoded && accept(decoded->code_point) ? text.substr(0, bytes) : "?";
        text.remove_prefix(bytes);
    }
    return out;
}

}  // namespace

bool is_utf8(std::string_view text) {
    return every_code_point(text, [](char32_t) { return true; });
}

bool is_plain_line(std::string_view text) { return every_code_point(text, fits_line); }

bool is_plain_text(std::string_view text) { return every_code_point(text, fits_text); }

std::string to_plain_line(std::string_view text) { return keep_code_points(text, fits_line); }

std::string to_plain_text(std::string_view text) { return keep_code_points(text, fits_text); }

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace partyline
