// Who may do what where: the one function that says so, and the same walk told step by step.
// docs/permissions.md is its description in words.
#pragma once

#include <cstdint>
#include <vector>

#include "server/room/directory.hpp"
#include "server/room/permission.hpp"

namespace partyline::room {

/// Somebody, online or not. Whoever has no account is a guest.
struct Subject {
    AccountId account{};
    bool operator==(const Subject&) const = default;
};

/// Whoever sits at the machine itself and owns its files: may do what the owner may. No account has
/// this id.
inline constexpr Subject at_the_machine{AccountId{~std::uint64_t{0}}};

/// The numbers are on the wire: never changed, never used again.
enum class Rule : std::uint8_t {
    unspecified = 0,
    owner = 1,          // the owner may do everything
    administers = 2,    // a role may do everything, everywhere
    granted = 3,        // a role grants it
    not_granted = 4,    // no role does
    allowed = 5,        // the room allows it to a role
    denied = 6,         // the room denies it to a role
    may_not_see = 7,    // who may not see the room may do nothing in it
    may_not_enter = 8,  // who may not enter the room may do nothing in it
    no_room = 9,        // there is no such room
};

struct Step {
    Rule rule = Rule::unspecified;
    RoleId role{};        // zero where the rule is about none
    ChannelId channel{};  // zero where the rule is about none
    bool holds = false;   // what would be so if nothing followed
    bool operator==(const Step&) const = default;
};

/// What decided, in order, never empty: the last step has the answer.
using Explanation = std::vector<Step>;

/// Those that a room has a say in.
inline constexpr PermissionSet room_permissions{Permission::see,
                                                Permission::enter,
                                                Permission::speak,
                                                Permission::write,
                                                Permission::read_history,
                                                Permission::whisper,
                                                Permission::priority_speaker,
                                                Permission::mute_others,
                                                Permission::move_others,
                                                Permission::manage_messages,
                                                Permission::make_temporary,
                                                Permission::manage_channel,
                                                Permission::manage_locks,
                                                Permission::record};

/// Above every role's.
inline constexpr std::uint32_t owner_rank = 65'536;

/// In no room (a zero `channel`) it is what the roles grant. In a room that is not there only they
/// may do anything who may do everything.
[[nodiscard]] bool decide(const Directory& directory, Subject subject, ChannelId channel,
                          Permission permission);
[[nodiscard]] Explanation explain(const Directory& directory, Subject subject, ChannelId channel,
                                  Permission permission);
/// All for which decide() says yes.
[[nodiscard]] PermissionSet permissions(const Directory& directory, Subject subject,
                                        ChannelId channel);

/// Whether they own the server, or sit at it.
[[nodiscard]] bool is_owner(const Directory& directory, Subject subject);
/// The highest of their roles' ranks; owner_rank for the owner.
[[nodiscard]] std::uint32_t rank(const Directory& directory, Subject subject);
/// Whether the target's rank is strictly below the actor's; the owner may act on everybody.
[[nodiscard]] bool may_act_on(const Directory& directory, Subject actor, Subject target);
/// Whether `after` gives `subject` a rank or, in the rooms that `before` has, a permission that it
/// had not. A new room counts as having been what the room is that it lies in.
[[nodiscard]] bool gains(const Directory& before, const Directory& after, Subject subject);

/// The roles that count: Guest, Member and their own, by falling rank, then by id. What accounts
/// with equal roles may do is equal, but for the owner.
[[nodiscard]] std::vector<const Role*> roles_of(const Directory& directory, Subject subject);

}  // namespace partyline::room
