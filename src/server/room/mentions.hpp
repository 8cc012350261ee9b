// Who is named in a text: "@Zoë, are you there?"
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/room/limits.hpp"
#include "server/room/person.hpp"

namespace partyline::room {

/// Who bears this name, as fold_name() gives it.
using WhoBears = std::function<std::optional<Person>(const std::string& folded)>;

/// Each person once, in the order of the text, at most mentions_max. A mention is an "@" that no
/// letter, digit or "_" goes before, and behind it a name that ends where a word ends: names count as
/// the same as they do elsewhere, and the longest that somebody bears is the one that is meant.
/// `text` is well-formed UTF-8.
[[nodiscard]] std::vector<Person> mentioned(std::string_view text, const WhoBears& who);

}  // namespace partyline::room
