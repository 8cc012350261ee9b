// A moderator's commands as messages. Private to the client.
#pragma once

#include "client/moderation.hpp"
#include "wire/moderation.hpp"

namespace partyline::client {

wire::Kick to_wire(Kick kick);
wire::AddBan to_wire(Ban ban);
wire::LiftBan to_wire(LiftBan lift);
wire::ListBans to_wire(ListBans list);
wire::SetServerMute to_wire(Silence silence);
wire::MoveMember to_wire(MovePerson move);
wire::GetAudit to_wire(ReadAudit read);

ActedOn to_event(const wire::ActedOn& done);

}  // namespace partyline::client
