// People's last texts by the number their talkies gave them: what makes sending again harmless.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "server/room/limits.hpp"
#include "server/room/person.hpp"

namespace partyline::room {

/// How a text was taken.
struct AcceptedText {
    MessageId id{};
    std::int64_t unix_ms = 0;
    bool operator==(const AcceptedText&) const = default;
};

/// Of one device. Forgets the oldest beyond texts_remembered_max.
class RecentTexts {
public:
    [[nodiscard]] std::optional<AcceptedText> find(std::uint64_t nonce) const {
        const auto found = std::ranges::find(entries_, nonce, &Entry::nonce);
        return found == entries_.end() ? std::nullopt : std::optional(found->accepted);
    }

    void remember(std::uint64_t nonce, AcceptedText accepted) {
        if (entries_.size() == texts_remembered_max) {
            entries_.erase(entries_.begin());
        }
        entries_.push_back({.nonce = nonce, .accepted = accepted});
    }

private:
    struct Entry {
        std::uint64_t nonce = 0;
        AcceptedText accepted;
    };
    std::vector<Entry> entries_;  // oldest first
};

/// Of all devices, here or not: whoever has lost the answer with its connection asks again on another.
/// Forgets whoever has said nothing for longest beyond authors_remembered_max.
class SaidLately {
public:
    SaidLately() = default;
    SaidLately(SaidLately&&) = default;  // a copy's places would be in the other's order
    SaidLately& operator=(SaidLately&&) = default;

    [[nodiscard]] std::optional<AcceptedText> find(const Identity& author,
                                                   std::uint64_t nonce) const {
        const auto found = authors_.find(author);
        return found == authors_.end() ? std::nullopt : found->second.texts.find(nonce);
    }

    /// How it was taken the first time stays.
    void remember(const Identity& author, std::uint64_t nonce, AcceptedText accepted) {
        auto found = authors_.find(author);
        if (found == authors_.end()) {
            if (authors_.size() == authors_remembered_max) {
                authors_.erase(order_.front());
                order_.pop_front();
            }
            found = authors_.emplace(author, Author{.place = order_.insert(order_.end(), author)})
                        .first;
        }
        order_.splice(order_.end(), order_, found->second.place);
        if (!found->second.texts.find(nonce)) {
            found->second.texts.remember(nonce, accepted);
        }
    }

private:
    struct Author {
        std::list<Identity>::iterator place;
        RecentTexts texts = {};
    };
    // Ordered, as whoever picks the keys could pick them to collide.
    std::map<Identity, Author> authors_;
    std::list<Identity> order_;  // who spoke last comes last
};

}  // namespace partyline::room
