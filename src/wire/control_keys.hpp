// Reading and writing the messages about keys for voice. Private to
// wire's control_*.cpp: nothing else includes this.
#pragma once

#include "partyline/v1/control.pb.h"
#include "wire/control_fields.hpp"
#include "wire/keys.hpp"

namespace partyline::wire {

DeviceKey read(const v1::DeviceKey& from, FieldReader& in);
Member read(const v1::Member& from, FieldReader& in);
ShareKeys read(const v1::ShareKeys& from, FieldReader& in);
KeyRequest read(const v1::KeyRequest& from, FieldReader& in);
GetMemberKeys read(const v1::GetMemberKeys& from, FieldReader& in);
RenewDevice read(const v1::RenewDevice& from, FieldReader& in);
MemberKeys read(const v1::MemberKeys& from, FieldReader& in);
MemberJoined read(const v1::MemberJoined& from, FieldReader& in);
MemberLeft read(const v1::MemberLeft& from, FieldReader& in);
KeyShare read(const v1::KeyShare& from, FieldReader& in);
KeyRequested read(const v1::KeyRequested& from, FieldReader& in);

void write(const DeviceKey& from, v1::DeviceKey& to);
void write(const Member& from, v1::Member& to);
void write(const ShareKeys& from, v1::ShareKeys& to);
void write(const KeyRequest& from, v1::KeyRequest& to);
void write(const GetMemberKeys& from, v1::GetMemberKeys& to);
void write(const RenewDevice& from, v1::RenewDevice& to);
void write(const MemberKeys& from, v1::MemberKeys& to);
void write(const MemberJoined& from, v1::MemberJoined& to);
void write(const MemberLeft& from, v1::MemberLeft& to);
void write(const KeyShare& from, v1::KeyShare& to);
void write(const KeyRequested& from, v1::KeyRequested& to);

}  // namespace partyline::wire
