// What those were called who have gone: what they said last may still be to be written.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "client/limits.hpp"
#include "client/talkie.hpp"

namespace partyline::client {

/// The latest gone_names_max of them. One thread.
class GoneNames {
public:
    void add(const Person& person) {
        if (gone_.size() == gone_names_max) {
            gone_.pop_back();
        }
        gone_.insert(gone_.begin(), Gone{.session = person.session, .name = person.name});
    }
    /// Empty for somebody who is not among them.
    [[nodiscard]] std::string name_of(SessionId session) const {
        const auto found = std::ranges::find(gone_, session, &Gone::session);
        return found == gone_.end() ? std::string() : found->name;
    }

private:
    struct Gone {
        SessionId session{};
        std::string name;
    };

    std::vector<Gone> gone_;  // the newest first: a number may come up again
};

}  // namespace partyline::client
