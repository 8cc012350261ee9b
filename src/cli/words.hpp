// A line of input, word by word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace partyline::cli {

/// Split at spaces; what is in quotes is one word, and an empty pair of quotes an empty word. Fails
/// with malformed where a quotation mark is missing.
Result<std::vector<std::string>> words_of(std::string_view text);
/// Takes the first of these words from `text`, which then begins after it and the spaces that follow.
Result<std::string> take_word(std::string_view& text);

}  // namespace partyline::cli
