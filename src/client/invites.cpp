// Invites, as a session asks for them and is told of them.
#include "client/invites.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "client/ascii_case.hpp"
#include "client/session.hpp"

namespace partyline::client {
namespace {

InviteInfo to_info(const wire::Invite& invite) {
    return {.invite = invite.id,
            .role = invite.role,
            .channel = invite.channel,
            .uses_left = invite.uses_left,
            .until_unix_ms = invite.until_unix_ms,
            .by = invite.by};
}

}  // namespace

void Session::invites(InviteCommand command) {
    std::visit([this](auto& one) { ask(std::move(one)); }, command);
}

void Session::ask(MakeInvite make) {
    if (make.role.empty()) {
        make_invite(make, RoleId{});
    } else {
        // Roles are asked for by number, which the answer to this tells.
        request(wire::GetRoles{}, {.asked = Asked::invite, .invite = std::move(make)});
    }
}

void Session::ask(ListInvites list) {
    request(wire::ListInvites{list.after}, {.asked = Asked::invite});
}

void Session::ask(TakeBackInvite back) {
    request(wire::DeleteInvite{back.invite}, {.asked = Asked::invite});
}

void Session::ask(UseInvite use) {
    request(wire::RedeemInvite{std::move(use.token)}, {.asked = Asked::use_invite});
}

void Session::make_invite(const MakeInvite& make, RoleId role) {
    request(
        wire::CreateInvite{
            .role = role, .channel = make.channel, .uses = make.uses, .seconds = make.seconds},
        {.asked = Asked::invite});
}

void Session::make_invite(const MakeInvite& make, const wire::Roles& roles) {
    const auto found = std::ranges::find_if(roles.roles, [&](const wire::Role& role) {
        return same_but_for_case(role.settings.name, make.role);
    });
    if (found != roles.roles.end()) {
        make_invite(make, found->role);
    } else {
        refuse(Asked::invite, {.code = ErrorCode::unknown_role,
                               .message = std::format("There is no role \"{}\".", make.role)});
    }
}

void Session::on_answer(const Request&, const wire::InviteCreated& created) {
    port_.emit(InviteMade{.invite = created.invite, .token = created.token});
}

void Session::on_answer(const Request& request, const wire::Invites& invites) {
    InvitesReceived received{.invites = {}, .more = invites.more};
    for (const auto& invite : invites.invites) {
        received.invites.push_back(to_info(invite));
    }
    if (request.asked == Asked::use_invite && !received.invites.empty()) {
        port_.emit(InviteUsed{received.invites.front()});
    } else {
        port_.emit(received);
    }
}

}  // namespace partyline::client
