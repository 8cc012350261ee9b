// Reading and writing the messages about roles and rooms. Private to wire's control_*.cpp: nothing
// else includes this.
#pragma once

#include "partyline/v1/control.pb.h"
#include "wire/community.hpp"
#include "wire/control_fields.hpp"

namespace partyline::wire {

CreateRole read(const v1::CreateRole& from, FieldReader& in);
EditRole read(const v1::EditRole& from, FieldReader& in);
GrantRole read(const v1::GrantRole& from, FieldReader& in);
RevokeRole read(const v1::RevokeRole& from, FieldReader& in);
SetOverride read(const v1::SetOverride& from, FieldReader& in);
Explain read(const v1::Explain& from, FieldReader& in);
CreateChannel read(const v1::CreateChannel& from, FieldReader& in);
EditChannel read(const v1::EditChannel& from, FieldReader& in);
MoveChannel read(const v1::MoveChannel& from, FieldReader& in);
Roles read(const v1::Roles& from, FieldReader& in);
Overrides read(const v1::Overrides& from, FieldReader& in);
Explanation read(const v1::Explanation& from, FieldReader& in);
Channel read(const v1::Channel& from, FieldReader& in);
ChannelsChanged read(const v1::ChannelsChanged& from, FieldReader& in);
Moved read(const v1::Moved& from, FieldReader& in);

void write(const CreateRole& from, v1::CreateRole& to);
void write(const EditRole& from, v1::EditRole& to);
void write(const GrantRole& from, v1::GrantRole& to);
void write(const RevokeRole& from, v1::RevokeRole& to);
void write(const SetOverride& from, v1::SetOverride& to);
void write(const Explain& from, v1::Explain& to);
void write(const CreateChannel& from, v1::CreateChannel& to);
void write(const EditChannel& from, v1::EditChannel& to);
void write(const MoveChannel& from, v1::MoveChannel& to);
void write(const Roles& from, v1::Roles& to);
void write(const Overrides& from, v1::Overrides& to);
void write(const Explanation& from, v1::Explanation& to);
void write(const Channel& from, v1::Channel& to);
void write(const ChannelsChanged& from, v1::ChannelsChanged& to);
void write(const Moved& from, v1::Moved& to);

}  // namespace partyline::wire
