#include "server/config/complaint.hpp"

#include <algorithm>
#include <format>
#include <numeric>
#include <vector>

namespace partyline::config {
namespace {

constexpr std::size_t typo_distance_max = 3;

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

}  // namespace

std::unexpected<Error> complain(const std::string& file, const toml::node& where,
                                const std::string& key, const std::string& why) {
    return fail(ErrorCode::config,
                std::format("{}:{}: {}: {}", file, where.source().begin.line, key, why));
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
