// Reading and writing the messages about whispering. Private to
// wire's control_*.cpp: nothing else includes this.
#pragma once

#include "partyline/v1/control.pb.h"
#include "wire/control_fields.hpp"
#include "wire/whisper.hpp"

namespace partyline::wire {

SetWhisper read(const v1::SetWhisper& from, FieldReader& in);
WhisperMembers read(const v1::WhisperMembers& from, FieldReader& in);
WhisperChanged read(const v1::WhisperChanged& from, FieldReader& in);
WhisperOpened read(const v1::WhisperOpened& from, FieldReader& in);
WhisperClosed read(const v1::WhisperClosed& from, FieldReader& in);

void write(const SetWhisper& from, v1::SetWhisper& to);
void write(const WhisperMembers& from, v1::WhisperMembers& to);
void write(const WhisperChanged& from, v1::WhisperChanged& to);
void write(const WhisperOpened& from, v1::WhisperOpened& to);
void write(const WhisperClosed& from, v1::WhisperClosed& to);

}  // namespace partyline::wire
