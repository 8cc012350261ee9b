#include "server/config/complaint.hpp"

#include <algorithm>
#include <cctype>
#include <format>
#include <numeric>
#include <vector>

namespace partyline::config {
namespace {

constexpr std::size_t typo_distance_max = 3;
constexpr std::size_t key_bytes_shown_max = 100;

/// How many letters must be added, dropped or changed (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto change = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, diagonal + 1, change});
        }
    }
    return row.back();
}

std::string_view trimmed(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(" \t\r"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// The table's key of a line such as [limits] or [[room]]; empty for any other line.
std::string_view heading_of(std::string_view line) {
    if (!line.starts_with('[')) {
        return {};
    }
    const auto begin = std::min(line.find_first_not_of('['), line.size());
    const auto heading = line.substr(begin, line.find(']', begin) - begin);
    // Rather than a list inside a list.
    return heading.find_first_of(",\"'[#") == std::string_view::npos ? trimmed(heading)
                                                                     : std::string_view();
}

/// As all of our own keys are.
bool is_bare_key(std::string_view text) {
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
    };
    return !text.empty() && std::ranges::all_of(text, fits) &&
           std::isalpha(static_cast<unsigned char>(text.front())) != 0;
}

/// "limits.sessions", as far as the text lets us know: what cannot be parsed has no keys, and
/// people want to hear of one. `line` is counted from 1.
std::string key_at(std::string_view text, std::size_t line) {
    std::string_view heading;
    std::string_view key;
    for (std::size_t number = 1; number <= line && !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto content = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (const auto found = heading_of(content); !found.empty()) {
            heading = found;
            key = {};
        } else if (const auto before = trimmed(content.substr(0, content.find('=')));
                   is_bare_key(before)) {
            key = before;
        }
        // Any other line goes on with the value of the key above it.
    }
    if (heading.size() + key.size() > key_bytes_shown_max) {
        return {};
    }
    return std::format("{}{}{}", heading, heading.empty() || key.empty() ? "" : ".", key);
}

/// The two mistakes that people make most, in their words; otherwise the parser's.
std::string_view syntax_in_words(std::string_view description) {
    if (description.contains("cannot redefine existing") && !description.contains(" as table")) {
        return "stands there a second time";
    }
    return description.contains("is not representable") ? "is a number of more than 64 bits"
                                                        : description;
}

}  // namespace

std::unexpected<Error> complain(const std::string& file, const toml::node& where,
                                const std::string& key, const std::string& why) {
    return fail(ErrorCode::config,
                std::format("{}:{}: {}: {}", file, where.source().begin.line, key, why));
}

std::unexpected<Error> complain_of_syntax(const std::string& file, std::string_view text,
                                          const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    const auto key = key_at(text, line);
    return fail(ErrorCode::config,
                std::format("{}:{}: {}{}{}", file, line, key, key.empty() ? "" : ": ",
                            syntax_in_words(error.description())));
}

Result<void> refuse_unknown_keys(const std::string& file, const toml::table& table,
                                 const std::string& path, std::span<const std::string_view> known) {
    for (const auto& [key, value] : table) {
        const std::string_view name = key.str();
        if (std::ranges::contains(known, name)) {
            continue;
        }
        const auto nearest = std::ranges::min_element(
            known, {}, [name](std::string_view other) { return distance(name, other); });
        const auto meant = distance(name, *nearest) <= typo_distance_max
                               ? std::format("; did you mean \"{}\"?", *nearest)
                               : std::string("; --print-config shows all keys");
        return fail(ErrorCode::config, std::format("{}:{}: {}{}{}: there is no such key{}", file,
                                                   key.source().begin.line, path,
                                                   path.empty() ? "" : ".", name, meant));
    }
    return {};
}

}  // namespace partyline::config
