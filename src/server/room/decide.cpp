#include "server/room/decide.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace partyline::room {
namespace {

/// Somebody, looked up.
struct Judged {
    Judged(const Directory& directory, Subject subject) : roles(roles_of(directory, subject)) {
        owner = is_owner(directory, subject);
    }
    bool owner = false;
    std::vector<const Role*> roles;  // by falling rank
};

const Role* granting(const Judged& person, Permission permission) {
    const auto found = std::ranges::find_if(
        person.roles, [&](const Role* role) { return role->grants.has(permission); });
    return found == person.roles.end() ? nullptr : *found;
}

/// What one room says: that of the highest role of which it says anything. Of equal ranks one that
/// is allowed goes before one that is denied.
std::optional<Step> say_of(const ChannelRecord& room, const Judged& person, Permission permission) {
    std::optional<Step> said;
    std::uint16_t rank = 0;
    for (const auto* role : person.roles) {
        if (said && (said->holds || role->rank < rank)) {
            break;
        }
        const auto override = room.overrides.find(role->id);
        if (override == room.overrides.end()) {
            continue;
        }
        const bool allows = override->second.allow.has(permission);
        if (allows || (!said && override->second.deny.has(permission))) {
            rank = role->rank;
            said = Step{.rule = allows ? Rule::allowed : Rule::denied,
                        .role = role->id,
                        .channel = room.channel.id,
                        .holds = allows};
        }
    }
    return said;
}

/// The walk from the top of the tree down to the room, without what seeing and entering have to do
/// with it.
template <class Tell>
bool walk(const Judged& person, std::span<const ChannelRecord* const> path, Permission permission,
          Tell tell) {
    const auto* granted_by = granting(person, permission);
    bool holds = granted_by != nullptr;
    tell(Step{.rule = holds ? Rule::granted : Rule::not_granted,
              .role = holds ? granted_by->id : RoleId{},
              .holds = holds});
    if (!room_permissions.has(permission)) {
        return holds;
    }
    for (const auto* room : path) {
        if (const auto said = say_of(*room, person, permission)) {
            holds = said->holds;
            tell(*said);
        }
    }
    return holds;
}

/// Whoever may do everything, whatever anything else says.
std::optional<Step> above_all(const Judged& person) {
    if (person.owner) {
        return Step{.rule = Rule::owner, .holds = true};
    }
    if (const auto* role = granting(person, Permission::administer)) {
        return Step{.rule = Rule::administers, .role = role->id, .holds = true};
    }
    return std::nullopt;
}

template <class Tell>
bool evaluate(const Judged& person, std::span<const ChannelRecord* const> path, ChannelId channel,
              Permission permission, Tell tell) {
    if (const auto above = above_all(person)) {
        tell(*above);
        return true;
    }
    const bool of_rooms = channel && room_permissions.has(permission);
    if (of_rooms && path.empty()) {
        tell(Step{.rule = Rule::no_room, .channel = channel});
        return false;
    }
    const bool holds = walk(person, path, permission, tell);
    const auto lacks = [&](Permission needed) {
        return of_rooms && permission != needed && !walk(person, path, needed, [](const Step&) {});
    };
    if (lacks(Permission::see)) {
        tell(Step{.rule = Rule::may_not_see, .channel = channel});
        return false;
    }
    if (permission != Permission::see && lacks(Permission::enter)) {
        tell(Step{.rule = Rule::may_not_enter, .channel = channel});
        return false;
    }
    return holds;
}

PermissionSet permissions_of(const Judged& person, std::span<const ChannelRecord* const> path,
                             ChannelId channel) {
    PermissionSet held;
    for (std::uint8_t i = 0; i < permission_count; ++i) {
        const auto permission = static_cast<Permission>(i);
        if (evaluate(person, path, channel, permission, [](const Step&) {})) {
            held = held | PermissionSet{permission};
        }
    }
    return held;
}

}  // namespace

std::vector<const Role*> roles_of(const Directory& directory, Subject subject) {
    std::vector<const Role*> roles;
    const auto add = [&](RoleId id) {
        const auto* role = directory.find(id);
        if (role != nullptr && !std::ranges::contains(roles, role)) {
            roles.push_back(role);
        }
    };
    add(guest_role);
    if (const auto* account = directory.find(subject.account)) {
        add(member_role);
        std::ranges::for_each(account->roles, add);
    }
    std::ranges::sort(roles, [](const Role* a, const Role* b) {
        return a->rank != b->rank ? a->rank > b->rank : a->id < b->id;
    });
    return roles;
}

bool decide(const Directory& directory, Subject subject, ChannelId channel, Permission permission) {
    return evaluate(Judged(directory, subject), directory.path(channel), channel, permission,
                    [](const Step&) {});
}

Explanation explain(const Directory& directory, Subject subject, ChannelId channel,
                    Permission permission) {
    Explanation steps;
    evaluate(Judged(directory, subject), directory.path(channel), channel, permission,
             [&](const Step& step) { steps.push_back(step); });
    return steps;
}

PermissionSet permissions(const Directory& directory, Subject subject, ChannelId channel) {
    return permissions_of(Judged(directory, subject), directory.path(channel), channel);
}

bool is_owner(const Directory& directory, Subject subject) {
    const auto* account = directory.find(subject.account);
    return subject == at_the_machine || (account != nullptr && account->owner);
}

std::uint32_t rank(const Directory& directory, Subject subject) {
    if (is_owner(directory, subject)) {
        return owner_rank;
    }
    const auto roles = roles_of(directory, subject);
    return roles.empty() ? 0 : roles.front()->rank;
}

bool may_act_on(const Directory& directory, Subject actor, Subject target) {
    const auto own = rank(directory, actor);
    return own == owner_rank || rank(directory, target) < own;
}

bool gains(const Directory& before, const Directory& after, Subject subject) {
    if (rank(after, subject) > rank(before, subject)) {
        return true;
    }
    const Judged then(before, subject);
    const Judged now(after, subject);
    const auto more_in = [&](ChannelId channel, ChannelId was) {
        return !permissions_of(then, before.path(was), was)
                    .contains(permissions_of(now, after.path(channel), channel));
    };
    if (more_in(ChannelId{}, ChannelId{})) {
        return true;
    }
    return std::ranges::any_of(after.channels(), [&](const auto& entry) {
        const auto& [id, record] = entry;
        return more_in(id, before.find(id) != nullptr ? id : record.channel.parent);
    });
}

}  // namespace partyline::room
