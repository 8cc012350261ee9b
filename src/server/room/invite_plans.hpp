// What changes when somebody makes an invite, takes it back, or uses it: judged, and not yet done.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "server/room/decide.hpp"

namespace partyline::room {

struct NewInvite {
    RoleId role{};        // zero: none
    ChannelId channel{};  // zero: nowhere
    std::uint32_t uses = 1;
    std::int64_t until_unix_ms = 0;  // 0: for good
    std::array<std::byte, 32> token_hash{};
    std::string by;
};

/// Needs `invite`. The role ranks below the actor's and may do nothing that they may not, on the
/// server or in a room; the room is one that they see, and lasts. Fails with not_permitted, unknown_role,
/// unknown_channel or too_large. Invites that have run out by `now` make room; the first change is the new one.
Result<Changes> plan_create_invite(const Directory& directory, Subject actor, NewInvite invite,
                                   std::int64_t now_unix_ms);
/// Needs `invite`, and that its role, if any, ranks below the actor's. Fails with unknown_invite or
/// not_permitted.
Result<Changes> plan_delete_invite(const Directory& directory, Subject actor, InviteId id);

/// Whom a token lets in, to what; nothing is changed by it. Fails with unknown_invite for a token
/// that nobody gave out, and for one that has run out.
Result<const Invite*> find_invite(const Directory& directory,
                                  const std::array<std::byte, 32>& token_hash,
                                  std::int64_t now_unix_ms);
/// One use less, one for each person, and the role, if there is one: that needs an account. Whoever
/// has the role already, or has used an invite that gives none, uses nothing up. Fails with
/// unknown_invite (also when its maker may not give it any more), unknown_account or too_large.
Result<Changes> plan_redeem(const Directory& directory, const Person& person,
                            const std::array<std::byte, 32>& token_hash, std::int64_t now_unix_ms);

}  // namespace partyline::room
