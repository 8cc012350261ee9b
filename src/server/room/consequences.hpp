// What follows from a change of who somebody is: a silence and a ban stay with a device, whatever account
// it comes to or leaves.
#pragma once

#include "server/room/directory.hpp"

namespace partyline::room {

/// The changes, and what has to change with them; the first stays the first, and the last the last.
[[nodiscard]] Changes with_consequences(const Directory& directory, Changes changes);

}  // namespace partyline::room
