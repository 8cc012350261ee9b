#include "server/room/reserved_names.hpp"

#include <format>

#include "server/room/names.hpp"

namespace partyline::room {

ReservedNames::ReservedNames(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        folded_.insert(fold_name(normal_name(name)));
    }
}

Result<void> ReservedNames::may_bear(const Directory& directory, Subject who,
                                     std::string_view name) const {
    const auto folded = fold_name(normal_name(name));
    if (!folded_.contains(folded) || decide(directory, who, {}, Permission::administer)) {
        return {};
    }
    const auto* account = directory.find(who.account);
    if (account != nullptr && fold_name(account->name) == folded) {
        return {};
    }
    return fail(ErrorCode::name_taken,
                std::format("\"{}\" is kept for those who look after this server. Choose another "
                            "name.",
                            normal_name(name)));
}

}  // namespace partyline::room
