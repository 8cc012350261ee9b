// Reading and writing the messages about direct messages and about what has been read. Private to
// wire's control_*.cpp: nothing else includes this.
#pragma once

#include "partyline/v1/control.pb.h"
#include "wire/control_fields.hpp"
#include "wire/direct.hpp"

namespace partyline::wire {

SendDirect read(const v1::SendDirect& from, FieldReader& in);
GetDirect read(const v1::GetDirect& from, FieldReader& in);
MarkRead read(const v1::MarkRead& from, FieldReader& in);
DirectText read(const v1::DirectText& from, FieldReader& in);
DirectHistory read(const v1::DirectHistory& from, FieldReader& in);
Unread read(const v1::Unread& from, FieldReader& in);
ReadChanged read(const v1::ReadChanged& from, FieldReader& in);

void write(const SendDirect& from, v1::SendDirect& to);
void write(const GetDirect& from, v1::GetDirect& to);
void write(const MarkRead& from, v1::MarkRead& to);
void write(const DirectText& from, v1::DirectText& to);
void write(const DirectHistory& from, v1::DirectHistory& to);
void write(const Unread& from, v1::Unread& to);
void write(const ReadChanged& from, v1::ReadChanged& to);

}  // namespace partyline::wire
