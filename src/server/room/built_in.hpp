// The roles that every server begins with.
#pragma once

#include <vector>

#include "server/room/records.hpp"

namespace partyline::room {

/// As they are before anybody changes them, the lowest rank first.
std::vector<Role> built_in_roles();

}  // namespace partyline::room
