#include "server/room/invite_plans.hpp"

#include <algorithm>
#include <format>
#include <optional>
#include <utility>

#include "server/room/limits.hpp"
#include "server/room/role_plans.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> not_permitted(std::string message) {
    return fail(ErrorCode::not_permitted, std::move(message));
}

Result<void> may_invite(const Directory& directory, Subject actor) {
    if (!decide(directory, actor, {}, Permission::invite)) {
        return not_permitted("You may not invite people.");
    }
    return {};
}

/// The role ranks below the actor's own; none does always.
Result<void> outranks(const Directory& directory, Subject actor, RoleId id) {
    const auto* role = directory.find(id);
    if (role != nullptr && role->rank >= rank(directory, actor)) {
        return not_permitted("An invite gives at most a role that ranks below your own.");
    }
    return {};
}

Result<void> may_give(const Directory& directory, Subject actor, RoleId id) {
    if (!id) {
        return {};
    }
    const auto* role = directory.find(id);
    if (role == nullptr) {
        return fail(ErrorCode::unknown_role, "There is no such role.");
    }
    if (id == guest_role || id == member_role) {
        return not_permitted(
            "Guest and Member are not given: who has an account is a member, and everybody is a "
            "guest.");
    }
    return outranks(directory, actor, id).and_then([&] {
        return check_giving(directory, actor, *role);
    });
}

Result<void> may_lead_to(const Directory& directory, Subject actor, ChannelId id) {
    const auto* record = directory.find(id);
    if (id && (record == nullptr || record->channel.temporary ||
               !decide(directory, actor, id, Permission::see))) {
        return fail(ErrorCode::unknown_channel, "There is no such lasting room.");
    }
    return {};
}

/// An invite gives what its maker may give now, not what they could when they made it.
Result<void> is_still_given(const Directory& directory, const Invite& invite) {
    const Subject maker{invite.maker};
    const bool gone =
        maker.account && maker != at_the_machine && directory.find(maker.account) == nullptr;
    if (gone || !may_invite(directory, maker) || !may_give(directory, maker, invite.role)) {
        return fail(ErrorCode::unknown_invite,
                    "Whoever made this invite may not give it any more; ask for a new one.");
    }
    return {};
}

/// As the account that they have now, or as the guest that one of its devices was then.
bool has_used(const Directory& directory, const Invite& invite, const Person& person) {
    return invite.used_by.contains(person) ||
           std::ranges::any_of(directory.devices_of(person.account), [&](const Device& device) {
               return invite.used_by.contains(Person::of(device.identity));
           });
}

/// The account with the role that the invite gives. Nothing if it has it already.
Result<std::optional<Account>> with_role(const Directory& directory, const Person& person,
                                         const Invite& invite) {
    const auto* account = directory.find(person.account);
    if (account == nullptr) {
        return fail(ErrorCode::unknown_account,
                    "This invite gives a role, and only accounts have roles: claim a name first.");
    }
    if (std::ranges::contains(account->roles, invite.role)) {
        return std::nullopt;
    }
    if (has_used(directory, invite, person)) {
        return fail(ErrorCode::unknown_invite,
                    "You have used this invite; it works once for each person.");
    }
    if (account->roles.size() >= account_roles_max) {
        return fail(ErrorCode::too_large,
                    std::format("An account has at most {} roles.", account_roles_max));
    }
    auto changed = *account;
    changed.roles.push_back(invite.role);
    return changed;
}

bool has_run_out(const Invite& invite, std::int64_t now_unix_ms) {
    return invite.until_unix_ms != 0 && invite.until_unix_ms <= now_unix_ms;
}

}  // namespace

Result<Changes> plan_create_invite(const Directory& directory, Subject actor, NewInvite invite,
                                   std::int64_t now_unix_ms) {
    const auto may = may_invite(directory, actor)
                         .and_then([&] { return may_give(directory, actor, invite.role); })
                         .and_then([&] { return may_lead_to(directory, actor, invite.channel); });
    if (!may) {
        return std::unexpected(may.error());
    }
    if (invite.uses == 0 || invite.uses > invite_uses_max) {
        return fail(ErrorCode::too_large,
                    std::format("An invite is good for 1 to {} uses.", invite_uses_max));
    }
    Changes changes{Invite{.id = directory.next_invite(),
                           .token_hash = invite.token_hash,
                           .role = invite.role,
                           .channel = invite.channel,
                           .uses_left = invite.uses,
                           .until_unix_ms = invite.until_unix_ms,
                           .by = std::move(invite.by),
                           .maker = actor.account}};
    for (const auto& [id, there] : directory.invites()) {
        if (has_run_out(there, now_unix_ms)) {
            changes.emplace_back(DropInvite{id});
        }
    }
    if (directory.invites().size() - (changes.size() - 1) >= invites_max) {
        return fail(ErrorCode::too_large,
                    std::format("There are {} invites already; delete one first.", invites_max));
    }
    return changes;
}

Result<Changes> plan_delete_invite(const Directory& directory, Subject actor, InviteId id) {
    if (const auto may = may_invite(directory, actor); !may) {
        return std::unexpected(may.error());
    }
    const auto found = directory.invites().find(id);
    if (found == directory.invites().end()) {
        return fail(ErrorCode::unknown_invite, "There is no such invite.");
    }
    if (const auto may = outranks(directory, actor, found->second.role); !may) {
        return std::unexpected(may.error());
    }
    return Changes{DropInvite{id}};
}

Result<const Invite*> find_invite(const Directory& directory,
                                  const std::array<std::byte, 32>& token_hash,
                                  std::int64_t now_unix_ms) {
    for (const auto& [id, invite] : directory.invites()) {
        if (invite.token_hash != token_hash) {
            continue;
        }
        if (has_run_out(invite, now_unix_ms)) {
            return fail(ErrorCode::unknown_invite, "This invite has run out; ask for a new one.");
        }
        return &invite;
    }
    return fail(ErrorCode::unknown_invite,
                "There is no such invite, or it has been used up; ask for a new one.");
}

Result<Changes> plan_redeem(const Directory& directory, const Person& person,
                            const std::array<std::byte, 32>& token_hash, std::int64_t now_unix_ms) {
    const auto found = find_invite(directory, token_hash, now_unix_ms);
    if (!found) {
        return std::unexpected(found.error());
    }
    const auto& invite = **found;
    Changes changes;
    if (directory.find(invite.role) != nullptr) {
        auto changed = with_role(directory, person, invite);
        if (!changed) {
            return std::unexpected(changed.error());
        }
        if (!*changed) {
            return Changes{};
        }
        changes.emplace_back(**std::move(changed));
    } else if (has_used(directory, invite, person)) {
        return Changes{};
    }
    if (const auto still = is_still_given(directory, invite); !still) {
        return std::unexpected(still.error());
    }
    if (invite.uses_left > 1) {
        changes.emplace_back(UseInvite{.id = invite.id, .by = person});
    } else {
        changes.emplace_back(DropInvite{invite.id});
    }
    return changes;
}

}  // namespace partyline::room
