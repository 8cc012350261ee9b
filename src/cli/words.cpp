#include "cli/words.hpp"

#include <algorithm>

namespace partyline::cli {
namespace {

void skip_spaces(std::string_view& text) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
}

}  // namespace

Result<std::string> take_word(std::string_view& text) {
    skip_spaces(text);
    const bool quoted = text.starts_with('"');
    text.remove_prefix(quoted ? 1 : 0);
    const auto end = quoted ? text.find('"') : text.find_first_of(" \t");
    if (quoted && end == std::string_view::npos) {
        return fail(ErrorCode::malformed, "a quotation mark is missing");
    }
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end));
    text.remove_prefix(quoted ? 1 : 0);
    skip_spaces(text);
    return word;
}

Result<std::vector<std::string>> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (skip_spaces(text); !text.empty();) {
        auto word = take_word(text);
        if (!word) {
            return std::unexpected(word.error());
        }
        words.push_back(*std::move(word));
    }
    return words;
}

}  // namespace partyline::cli
