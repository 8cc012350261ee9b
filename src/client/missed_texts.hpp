// Which texts of our room the person has not been told of, because we were away.
#pragma once

#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "wire/control.hpp"

namespace partyline::client {

/// Of one room, from entering it on. No thread. Owned by the session. [control]
class MissedTexts {
public:
    /// A room that we come to for the first time: how far its texts go is not known.
    MissedTexts() = default;
    /// One that we come back to: up to this text, or from the beginning (0), all is told.
    explicit MissedTexts(std::optional<MessageId> told_to) : told_to_(told_to) { go_away(); }

    /// From here on texts may be missed, until looked up.
    void go_away();
    /// This one was told as it was said.
    void told(MessageId id);

    /// Whether there is anything to look up.
    [[nodiscard]] bool any() const { return gap_.has_value(); }
    /// Whether it is not even known how far the texts go: then nothing that is missed could be told
    /// from what is old.
    [[nodiscard]] bool knows_nothing() const { return !told_to_; }
    /// What the one after us is to begin with.
    [[nodiscard]] std::optional<MessageId> told_to() const { return gap_ ? gap_->after : told_to_; }

    struct Found {
        std::vector<wire::Text> texts;  // oldest first
        bool more = false;              // older ones were missed, too
    };
    /// The newest texts of the room, or at least one of them where nothing is known yet: what of it
    /// was missed. The person is told of it now.
    Found take(const wire::History& history);
    /// They cannot be had.
    void give_up() { gap_.reset(); }

private:
    struct Gap {
        MessageId after;
        MessageId before{};  // the first that was told again; 0: none yet
    };

    std::optional<MessageId> told_to_;
    std::optional<Gap> gap_;
};

}  // namespace partyline::client
