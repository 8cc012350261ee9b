// A session's last texts by the number its talkie gave them: what makes sending again harmless.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "server/room/limits.hpp"

namespace partyline::room {

/// How a text was taken.
struct AcceptedText {
    MessageId id{};
    std::int64_t unix_ms = 0;
    bool operator==(const AcceptedText&) const = default;
};

/// Owned by its session. Forgets the oldest beyond texts_remembered_max.
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

}  // namespace partyline::room
