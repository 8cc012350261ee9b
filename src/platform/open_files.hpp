// How many files and sockets this process may hold open.
#pragma once

#include <cstdint>

namespace partyline::platform {

/// Raises the limit as far as the system lets an ordinary process, and gives what it is now.
std::uint64_t raise_open_files_max();

}  // namespace partyline::platform
