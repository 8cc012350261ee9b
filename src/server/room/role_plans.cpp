#include "server/room/role_plans.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "server/room/limits.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> not_permitted(std::string message) {
    return fail(ErrorCode::not_permitted, std::move(message));
}

Result<void> may_manage_roles(const Directory& directory, Subject actor) {
    if (!decide(directory, actor, {}, Permission::manage_roles)) {
        return not_permitted("You may not manage roles.");
    }
    return {};
}

Result<void> below(const Directory& directory, Subject actor, std::uint16_t rank) {
    if (rank >= room::rank(directory, actor)) {
        return not_permitted("You may only manage roles that rank below your own.");
    }
    return {};
}

/// What stands for itself: the name, and that nothing is given away that the actor has not.
Result<void> check_settings(const Directory& directory, Subject actor, RoleSettings& settings,
                            PermissionSet had, RoleId self) {
    if (const auto name = check_person_name(settings.name); !name) {
        return name;
    }
    settings.name = normal_name(settings.name);
    if (const auto* other = directory.role_named(settings.name);
        other != nullptr && other->id != self) {
        return fail(ErrorCode::name_taken,
                    std::format("There is a role called \"{}\" already.", other->name));
    }
    if (const auto ranks = below(directory, actor, settings.rank); !ranks) {
        return ranks;
    }
    if (!permissions(directory, actor, {}).contains(settings.grants - had)) {
        return not_permitted("You may not give permissions that you do not have.");
    }
    return {};
}

Result<const Role*> known_role(const Directory& directory, RoleId id) {
    if (const auto* role = directory.find(id)) {
        return role;
    }
    return fail(ErrorCode::unknown_role, "There is no such role.");
}

Result<const Role*> managed(const Directory& directory, Subject actor, RoleId id) {
    return known_role(directory, id).and_then([&](const Role* role) -> Result<const Role*> {
        if (const auto may = may_manage(directory, actor, *role); !may) {
            return std::unexpected(may.error());
        }
        return role;
    });
}

Result<Changes> gainless(const Directory& directory, Subject actor, Changes changes) {
    if (const auto checked = check_no_gain(directory, actor, changes); !checked) {
        return std::unexpected(checked.error());
    }
    return changes;
}

/// An account whose roles the actor may change, and a role that may be given to it.
Result<Account> bestowable(const Directory& directory, Subject actor, AccountId id, RoleId role) {
    if (const auto may = managed(directory, actor, role); !may) {
        return std::unexpected(may.error());
    }
    if (role == guest_role || role == member_role) {
        return not_permitted(
            "Guest and Member are not given or taken: who has an account is a "
            "member, and everybody is a guest.");
    }
    const auto* account = directory.find(id);
    if (account == nullptr) {
        return fail(ErrorCode::unknown_account, "There is no such account.");
    }
    if (!may_act_on(directory, actor, {id})) {
        return not_permitted("You may only change the roles of people who rank below you.");
    }
    return *account;
}

}  // namespace

Result<void> check_no_gain(const Directory& directory, Subject actor, const Changes& changes) {
    // Who may do everything has nothing to gain but rank, and that is guarded where roles change.
    if (decide(directory, actor, {}, Permission::administer)) {
        return {};
    }
    auto after = directory.excerpt(actor.account);
    after.apply(changes);
    if (gains(directory, after, actor)) {
        return not_permitted("That would give yourself what you do not have.");
    }
    return {};
}

Result<void> check_giving(const Directory& directory, Subject actor, const Role& role) {
    // A role below one's own may still grant what one does not have: somebody higher made it so.
    if (!permissions(directory, actor, {}).contains(role.grants)) {
        return not_permitted("You may not give permissions that you do not have.");
    }
    const auto* own = directory.find(actor.account);
    if (own == nullptr) {
        return {};
    }
    // What rooms allow the role is tried out on the one who gives it.
    auto with_role = *own;
    with_role.roles.push_back(role.id);
    if (!check_no_gain(directory, actor, {std::move(with_role)})) {
        return not_permitted("That role may do more in some room than you may yourself.");
    }
    return {};
}

Result<void> may_manage(const Directory& directory, Subject actor, const Role& role) {
    return may_manage_roles(directory, actor).and_then([&] {
        return below(directory, actor, role.rank);
    });
}

// --- roles ---------------------------------------------------------------------------------------

Result<Changes> plan_create_role(const Directory& directory, Subject actor, RoleSettings settings) {
    const auto may = may_manage_roles(directory, actor).and_then([&] {
        return check_settings(directory, actor, settings, {}, {});
    });
    if (!may) {
        return std::unexpected(may.error());
    }
    if (directory.roles().size() >= roles_max) {
        return fail(ErrorCode::too_large, std::format("There are {} roles already.", roles_max));
    }
    return Changes{Role{.id = directory.next_role(),
                        .name = std::move(settings.name),
                        .rank = settings.rank,
                        .grants = settings.grants}};
}

Result<Changes> plan_edit_role(const Directory& directory, Subject actor, RoleId id,
                               RoleSettings settings) {
    const auto role = managed(directory, actor, id);
    if (!role) {
        return std::unexpected(role.error());
    }
    if ((*role)->built_in && (settings.name != (*role)->name || settings.rank != (*role)->rank)) {
        return not_permitted("A built-in role keeps its name and rank.");
    }
    if (const auto checked = check_settings(directory, actor, settings, (*role)->grants, id);
        !checked) {
        return std::unexpected(checked.error());
    }
    auto changed = **role;
    changed.name = std::move(settings.name);
    changed.rank = settings.rank;
    changed.grants = settings.grants;
    return gainless(directory, actor, {std::move(changed)});
}

Result<Changes> plan_delete_role(const Directory& directory, Subject actor, RoleId id) {
    const auto role = managed(directory, actor, id);
    if (!role) {
        return std::unexpected(role.error());
    }
    if ((*role)->built_in) {
        return not_permitted("A built-in role cannot be deleted.");
    }
    return gainless(directory, actor, {DropRole{id}});
}

// --- who has them --------------------------------------------------------------------------------

Result<Changes> plan_grant(const Directory& directory, Subject actor, AccountId id, RoleId role) {
    auto account = bestowable(directory, actor, id, role);
    if (!account) {
        return std::unexpected(account.error());
    }
    if (std::ranges::contains(account->roles, role)) {
        return Changes{};
    }
    if (const auto may = check_giving(directory, actor, *directory.find(role)); !may) {
        return std::unexpected(may.error());
    }
    if (account->roles.size() >= account_roles_max) {
        return fail(ErrorCode::too_large,
                    std::format("An account has at most {} roles.", account_roles_max));
    }
    account->roles.push_back(role);
    return gainless(directory, actor, {*std::move(account)});
}

Result<Changes> plan_revoke(const Directory& directory, Subject actor, AccountId id, RoleId role) {
    auto account = bestowable(directory, actor, id, role);
    if (!account) {
        return std::unexpected(account.error());
    }
    if (std::erase(account->roles, role) == 0) {
        return Changes{};
    }
    return gainless(directory, actor, {*std::move(account)});
}

// --- what rooms say ------------------------------------------------------------------------------

Result<Changes> plan_override(const Directory& directory, Subject actor, ChannelId channel,
                              RoleId id, Override override) {
    const auto* before = directory.find(channel);
    if (before == nullptr || !decide(directory, actor, channel, Permission::see)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    const auto held = permissions(directory, actor, channel);
    if (!held.has(Permission::manage_locks)) {
        return not_permitted("You may not say who may do what in this room.");
    }
    const auto role = known_role(directory, id);
    if (!role) {
        return std::unexpected(role.error());
    }
    if (const auto ranks = below(directory, actor, (*role)->rank); !ranks) {
        return std::unexpected(ranks.error());
    }
    if (!room_permissions.contains(override.allow | override.deny)) {
        return not_permitted("That permission is for the whole server: a room has no say in it.");
    }
    if (!(override.allow & override.deny).empty()) {
        return not_permitted("A permission is either allowed or denied, not both.");
    }
    auto changed = *before;
    const auto was = std::exchange(changed.overrides[id], override);
    const auto touched = (was.allow - override.allow) | (override.allow - was.allow) |
                         (was.deny - override.deny) | (override.deny - was.deny);
    if (!held.contains(touched)) {
        return not_permitted("You may not allow or deny what you may not do in this room.");
    }
    if (override == Override{}) {
        changed.overrides.erase(id);
    }
    return gainless(directory, actor, {std::move(changed)});
}

}  // namespace partyline::room
