#include "client/missed_texts.hpp"

#include <utility>

namespace partyline::client {

// Away once more before the last gap was looked up: what was told between is looked up, too, as told
// twice is better than not at all.
void MissedTexts::go_away() {
    if (told_to_) {
        gap_ = Gap{.after = gap_ ? gap_->after : *told_to_};
    }
}

// Not the greater of the two: a server that keeps no texts may begin anew with its numbers.
void MissedTexts::told(MessageId id) {
    told_to_ = id;
    if (gap_ && !gap_->before) {
        gap_->before = id;
    }
}

MissedTexts::Found MissedTexts::take(const wire::History& history) {
    const auto gap = std::exchange(gap_, std::nullopt);
    const auto newest = history.texts.empty() ? MessageId{} : history.texts.back().id;
    const bool told_since = gap ? static_cast<bool>(gap->before) : told_to_.has_value();
    if (!told_since && (newest || !told_to_)) {
        told_to_ = newest;
    }
    Found found;
    if (!gap) {
        return found;
    }
    for (const auto& text : history.texts) {
        if (gap->after < text.id && (!gap->before || text.id < gap->before) && !text.deleted) {
            found.texts.push_back(text);
        }
    }
    found.more = history.more && !history.texts.empty() && gap->after < history.texts.front().id;
    return found;
}

}  // namespace partyline::client
