#include "server/room/built_in.hpp"

namespace partyline::room {
namespace {

// Far apart, so that an owner's own roles find a place between them.
constexpr std::uint16_t member_rank = 100;
constexpr std::uint16_t moderator_rank = 500;
constexpr std::uint16_t admin_rank = 1000;

}  // namespace

std::vector<Role> built_in_roles() {
    using enum Permission;
    const PermissionSet guest{see, enter, speak, write, read_history, whisper, write_direct};
    const PermissionSet member = guest | PermissionSet{make_temporary, record};
    const PermissionSet moderator =
        member | PermissionSet{priority_speaker, mute_others, move_others,
                               manage_messages,  kick,        ban,
                               invite,           read_audit};
    return {
        {.id = guest_role, .name = "Guest", .rank = 0, .grants = guest, .built_in = true},
        {.id = member_role,
         .name = "Member",
         .rank = member_rank,
         .grants = member,
         .built_in = true},
        {.id = moderator_role,
         .name = "Moderator",
         .rank = moderator_rank,
         .grants = moderator,
         .built_in = true},
        {.id = admin_role,
         .name = "Admin",
         .rank = admin_rank,
         .grants = PermissionSet::all(),
         .built_in = true},
    };
}

}  // namespace partyline::room
