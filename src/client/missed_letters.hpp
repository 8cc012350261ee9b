// Which direct messages the person has not been told of, because they were not here or we were away.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "wire/control.hpp"

namespace partyline::client {

/// From one login to the next: what is unread then, or, where somebody was told of letters before a
/// loss, what was written since. Ids are of one count for all conversations, so one says how far all
/// of them are told. No thread. Owned by the session. [control]
class MissedLetters {
public:
    /// A login of whom we know nothing yet.
    MissedLetters() = default;
    /// One that comes after another: up to this letter all is told.
    explicit MissedLetters(std::optional<MessageId> told_to) : told_to_(told_to) {}

    /// From here on letters are told as they are written; what came before is to be looked up.
    void begin();
    /// This one was told as it was written.
    void told(MessageId id);

    /// The answer to GetUnread: which conversations are to be looked up.
    void take(const wire::Unread& unread);
    /// The next question, which is to be answered before another is asked for.
    [[nodiscard]] std::optional<wire::GetDirect> question() const;

    struct Found {
        std::vector<wire::DirectText> texts;  // oldest first
        bool more = false;                    // older ones were missed, too
    };
    /// The answer to question(). The person is told of it now.
    Found take(const wire::DirectHistory& history);
    /// An answer cannot be had: the rest is looked up at the next login.
    void give_up() { waiting_.clear(); }

    /// What the one after us is to begin with. Nothing: not even one look-up has come to its end.
    [[nodiscard]] std::optional<MessageId> told_to() const { return told_to_; }

private:
    struct Conversation {
        wire::Person with;
        MessageId after{};
    };
    void end();

    std::optional<MessageId> told_to_;
    bool looking_ = false;
    MessageId before_{};                // the first that was told since begin(); 0: none yet
    MessageId newest_{};                // of all conversations, as far as we were told
    std::deque<Conversation> waiting_;  // to be looked up, in this order
};

}  // namespace partyline::client
