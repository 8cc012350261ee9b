// Permissions by name, in the order of their numbers on the wire. docs/permissions.md says what each
// allows.
#pragma once

#include <array>
#include <string_view>

namespace partyline::wire {

inline constexpr auto permission_names = std::to_array<std::string_view>({
    "see",
    "enter",
    "speak",
    "write",
    "read_history",
    "whisper",
    "priority_speaker",
    "mute_others",
    "move_others",
    "manage_messages",
    "make_temporary",
    "manage_channel",
    "manage_locks",
    "kick",
    "ban",
    "manage_roles",
    "manage_accounts",
    "invite",
    "bypass_limits",
    "read_audit",
    "administer",
    "write_direct",
    "record",
});

}  // namespace partyline::wire
