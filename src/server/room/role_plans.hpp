// What changes when somebody makes, edits, gives or takes a role: judged, and not yet done.
//
// Whoever may manage roles does so strictly below their own rank, gives no permission they have
// not, and gains none by it. A plan is to be carried out before the next is made.
#pragma once

#include <string>

#include "base/error.hpp"
#include "server/room/decide.hpp"

namespace partyline::room {

struct RoleSettings {
    std::string name;
    std::uint16_t rank = 0;
    PermissionSet grants;
};

/// Fails with not_permitted, invalid_name, name_taken or too_large. The first change is the new Role.
Result<Changes> plan_create_role(const Directory& directory, Subject actor, RoleSettings settings);
/// Of a built-in role only the grants change: fails with not_permitted for another name or rank.
/// Otherwise as above, and with unknown_role.
Result<Changes> plan_edit_role(const Directory& directory, Subject actor, RoleId role,
                               RoleSettings settings);
Result<Changes> plan_delete_role(const Directory& directory, Subject actor, RoleId role);

/// Guest and Member are nobody's to give. To give what is there, or to take what is not, is no
/// failure and no change.
Result<Changes> plan_grant(const Directory& directory, Subject actor, AccountId account,
                           RoleId role);
Result<Changes> plan_revoke(const Directory& directory, Subject actor, AccountId account,
                            RoleId role);

/// Fails with not_permitted unless the actor may manage roles and this one is below their rank.
Result<void> may_manage(const Directory& directory, Subject actor, const Role& role);

/// What a room says of a role from now on; nothing in `override` removes it. Fails with
/// not_permitted also for a permission that rooms have no say in, and for one both allowed and
/// denied.
Result<Changes> plan_override(const Directory& directory, Subject actor, ChannelId channel,
                              RoleId role, Override override);

/// Fails with not_permitted where whoever has this role may do what the actor may not: on the server,
/// or in some room. Its rank is not looked at.
Result<void> check_giving(const Directory& directory, Subject actor, const Role& role);

/// Fails with not_permitted if carrying out `changes` would give the actor anything.
Result<void> check_no_gain(const Directory& directory, Subject actor, const Changes& changes);

}  // namespace partyline::room
