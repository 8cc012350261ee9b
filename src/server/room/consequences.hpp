// What follows from a change of who somebody is: a silence and a ban stay with a device, whatever account
// it comes to or leaves.
#pragma once

#include <cstdint>

#include "server/room/directory.hpp"

namespace partyline::room {

/// The changes, and what has to change with them; the first stays the first, and the last the last. A
/// ban that has ended by now stays with nobody.
[[nodiscard]] Changes with_consequences(const Directory& directory, Changes changes,
                                        std::int64_t now_unix_ms);

}  // namespace partyline::room
