// Invites: made, listed, taken back, used.
#include <format>
#include <memory>
#include <utility>

#include "crypto/secret_code.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/invite_plans.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

wire::Invite to_wire(const room::Invite& invite) {
    return {.id = invite.id,
            .role = invite.role,
            .channel = invite.channel,
            .uses_left = invite.uses_left,
            .until_unix_ms = invite.until_unix_ms,
            .by = invite.by};
}

std::string name_of(InviteId id) { return std::format("invite {}", id.value); }

}  // namespace

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::CreateInvite& create) {
    auto token = crypto::make_secret_code();
    const auto now = clock_.unix_ms();
    room::NewInvite invite{
        .role = create.role,
        .channel = create.channel,
        .uses = create.uses == 0 ? 1 : create.uses,
        .until_unix_ms = create.seconds == 0 ? 0 : now + std::int64_t{create.seconds} * 1000,
        .token_hash = crypto::hash_secret_code(token).value(),
        .by = actor_of(seat.session)->name};
    const auto made = std::make_shared<InviteId>();
    return change_rules(
        call, seat,
        [this, invite = std::move(invite), made, now](room::Subject actor,
                                                      room::AuditEntry& entry) {
            entry.action = "invite_created";
            return room::plan_create_invite(directory_, actor, invite, now)
                .transform([&](room::Changes changes) {
                    *made = std::get<room::Invite>(changes.front()).id;
                    entry.target = name_of(*made);
                    return changes;
                });
        },
        [made, token = std::move(token)]() mutable {
            return wire::InviteCreated{.invite = *made, .token = std::move(token)};
        });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::ListInvites& list) {
    if (!room::decide(directory_, subject_of(seat.session), {}, room::Permission::invite)) {
        return fail(ErrorCode::not_permitted, "You may not invite people.");
    }
    wire::Invites page;
    const auto& invites = directory_.invites();
    for (auto at = invites.upper_bound(list.after); at != invites.end(); ++at) {
        if (page.invites.size() == wire::moderation_page_entries_max) {
            page.more = true;
            break;
        }
        page.invites.push_back(to_wire(at->second));
    }
    answer(call, std::move(page));
    return {};
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::DeleteInvite& gone) {
    return change_rules(call, seat, [this, gone](room::Subject actor, room::AuditEntry& entry) {
        entry.action = "invite_deleted";
        entry.target = name_of(gone.invite);
        return room::plan_delete_invite(directory_, actor, gone.invite);
    });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::RedeemInvite& redeem) {
    if (const auto may = may_try(seat); !may) {
        return may;
    }
    const auto hash = crypto::hash_secret_code(redeem.token);
    if (!hash) {
        return fail(ErrorCode::unknown_invite,
                    "That is no invite; it looks like 7Q2KX-0M9RD-EV4WT-1H8NA.");
    }
    const auto used = std::make_shared<wire::Invites>();
    return change_rules(
        call, seat,
        [this, hash = *hash, used, session = seat.session](
            room::Subject, room::AuditEntry& entry) -> Result<room::Changes> {
            const auto now = clock_.unix_ms();
            const auto invite = room::find_invite(directory_, hash, now);
            if (!invite) {
                return std::unexpected(invite.error());
            }
            used->invites = {to_wire(**invite)};
            entry.action = "invite_used";
            entry.target = name_of((*invite)->id);
            entry.detail = std::format("made by {}", (*invite)->by);
            return room::plan_redeem(directory_, model_.person(session), hash, now);
        },
        [used] { return *used; });
}

}  // namespace partyline::control
