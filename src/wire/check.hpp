// Whether a message may be sent at all.
#pragma once

#include "base/error.hpp"
#include "wire/control.hpp"

namespace partyline::wire {

/// Whether decode_client() would take it: what a person typed is refused here, in the same words, and
/// not by a server that hangs up on it. `malformed` also for a text that is not UTF-8.
Result<void> check(const ClientMessage& message);
/// The same where a server has told lower limits (Hello); one of 0 is as ours.
Result<void> check(const ClientMessage& message, const Limits& told);

}  // namespace partyline::wire
