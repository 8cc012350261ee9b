// Reading and writing the messages about keeping order and about invites. Private to wire's
// control_*.cpp: nothing else includes this.
#pragma once

#include "partyline/v1/control.pb.h"
#include "wire/control_fields.hpp"
#include "wire/moderation.hpp"

namespace partyline::wire {

Kick read(const v1::Kick& from, FieldReader& in);
AddBan read(const v1::AddBan& from, FieldReader& in);
LiftBan read(const v1::LiftBan& from, FieldReader& in);
SetServerMute read(const v1::SetServerMute& from, FieldReader& in);
MoveMember read(const v1::MoveMember& from, FieldReader& in);
GetAudit read(const v1::GetAudit& from, FieldReader& in);
CreateInvite read(const v1::CreateInvite& from, FieldReader& in);
RedeemInvite read(const v1::RedeemInvite& from, FieldReader& in);
DeleteAccount read(const v1::DeleteAccount& from, FieldReader& in);
Bans read(const v1::Bans& from, FieldReader& in);
Audit read(const v1::Audit& from, FieldReader& in);
ActedOn read(const v1::ActedOn& from, FieldReader& in);
InviteCreated read(const v1::InviteCreated& from, FieldReader& in);
Invites read(const v1::Invites& from, FieldReader& in);
Accounts read(const v1::Accounts& from, FieldReader& in);

void write(const Kick& from, v1::Kick& to);
void write(const AddBan& from, v1::AddBan& to);
void write(const LiftBan& from, v1::LiftBan& to);
void write(const SetServerMute& from, v1::SetServerMute& to);
void write(const MoveMember& from, v1::MoveMember& to);
void write(const GetAudit& from, v1::GetAudit& to);
void write(const CreateInvite& from, v1::CreateInvite& to);
void write(const RedeemInvite& from, v1::RedeemInvite& to);
void write(const DeleteAccount& from, v1::DeleteAccount& to);
void write(const Bans& from, v1::Bans& to);
void write(const Audit& from, v1::Audit& to);
void write(const ActedOn& from, v1::ActedOn& to);
void write(const InviteCreated& from, v1::InviteCreated& to);
void write(const Invites& from, v1::Invites& to);
void write(const Accounts& from, v1::Accounts& to);

}  // namespace partyline::wire
