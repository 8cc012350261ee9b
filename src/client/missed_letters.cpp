#include "client/missed_letters.hpp"

#include <algorithm>
#include <utility>

#include "client/limits.hpp"

namespace partyline::client {

// Away once more before all was looked up: what was told between is looked up, too, as told twice is
// better than not at all.
void MissedLetters::begin() {
    looking_ = true;
    before_ = {};
    newest_ = {};
    waiting_.clear();
}

void MissedLetters::told(MessageId id) {
    newest_ = std::max(newest_, id);
    if (!looking_) {
        end();
    } else if (!before_) {
        before_ = id;
    }
}

void MissedLetters::end() {
    looking_ = false;
    told_to_ = std::max(told_to_.value_or(MessageId{}), newest_);
}

// The latest conversation is told last, where it is seen first.
void MissedLetters::take(const wire::Unread& unread) {
    for (const auto& person : unread.people) {
        newest_ = std::max(newest_, person.last);
        const bool missed = told_to_ ? *told_to_ < person.last : person.unread > 0;
        if (missed && waiting_.size() < missed_conversations_max) {
            waiting_.push_front({.with = person.with, .after = told_to_.value_or(person.read_to)});
        }
    }
    if (waiting_.empty()) {
        end();
    }
}

std::optional<wire::GetDirect> MissedLetters::question() const {
    return waiting_.empty() ? std::nullopt
                            : std::optional(wire::GetDirect{.with = waiting_.front().with});
}

MissedLetters::Found MissedLetters::take(const wire::DirectHistory& history) {
    Found found;
    if (waiting_.empty()) {
        return found;
    }
    const auto after = waiting_.front().after;
    waiting_.pop_front();
    for (const auto& text : history.texts) {
        if (after < text.id && (!before_ || text.id < before_) && !text.deleted) {
            found.texts.push_back(text);
        }
    }
    found.more = history.more && !history.texts.empty() && after < history.texts.front().id;
    if (waiting_.empty()) {
        end();
    }
    return found;
}

}  // namespace partyline::client
