// Names that a server keeps for those who look after it, so that nobody else speaks for it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "server/room/decide.hpp"
#include "server/room/directory.hpp"

namespace partyline::room {

/// A value.
class ReservedNames {
public:
    ReservedNames() = default;
    explicit ReservedNames(const std::vector<std::string>& names);

    /// Whether somebody may be called so: fails with name_taken for a reserved name, in whatever
    /// spelling counts as the same, unless their account is called that or may administer.
    [[nodiscard]] Result<void> may_bear(const Directory& directory, Subject who,
                                        std::string_view name) const;

private:
    std::set<std::string, std::less<>> folded_;
};

}  // namespace partyline::room
