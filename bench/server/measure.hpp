// What another process uses of the machine.
#pragma once

#include <sys/types.h>

namespace partyline::bench {

/// User and system time of all its threads so far.
double cpu_seconds(pid_t process);
/// Resident memory.
double resident_kb(pid_t process);

}  // namespace partyline::bench
