#include "server/control/audit_words.hpp"

#include <cstddef>
#include <format>
#include <string_view>
#include <utility>

#include "wire/limits.hpp"
#include "wire/permission_names.hpp"

namespace partyline::control {
namespace {

/// All names, each with a space.
constexpr std::size_t names_bytes = [] {
    std::size_t bytes = 0;
    for (const auto name : wire::permission_names) {
        bytes += name.size() + 1;
    }
    return bytes;
}();
// A permission is named once, in one of the lists; beside it a role's name and a few words.
static_assert(names_bytes + wire::name_bytes_max + 100 <= wire::audit_detail_bytes_max);

std::string names_of(room::PermissionSet set) {
    std::string names;
    for (std::size_t i = 0; i < wire::permission_names.size(); ++i) {
        if (set.has(static_cast<room::Permission>(i))) {
            names += std::format("{}{}", names.empty() ? "" : " ", wire::permission_names[i]);
        }
    }
    return names;
}

class Words {
public:
    void add(std::string_view words) {
        words_ += words_.empty() ? "" : ", ";
        words_ += words;
    }
    void add(std::string_view what, room::PermissionSet set) {
        if (!set.empty()) {
            add(std::format("{} {}", what, names_of(set)));
        }
    }
    [[nodiscard]] std::string take() { return std::move(words_); }

private:
    std::string words_;
};

}  // namespace

std::string in_words(const room::Role& role) {
    return "grants " + (role.grants.empty() ? std::string("nothing") : names_of(role.grants));
}

std::string changes_in_words(const room::Role& before, const room::Role& after) {
    Words words;
    if (before.name != after.name) {
        words.add("now called " + after.name);
    }
    if (before.rank != after.rank) {
        words.add(std::format("rank {} to {}", before.rank, after.rank));
    }
    words.add("grants", after.grants - before.grants);
    words.add("no longer grants", before.grants - after.grants);
    return words.take();
}

std::string changes_in_words(const room::Override& before, const room::Override& after) {
    Words words;
    words.add("allows", after.allow - before.allow);
    words.add("denies", after.deny - before.deny);
    words.add("no longer says", (before.allow | before.deny) - (after.allow | after.deny));
    return words.take();
}

}  // namespace partyline::control
