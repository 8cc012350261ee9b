// Where nothing may take time that nobody can bound: the device callbacks.
#pragma once

namespace partyline {

/// While one lives, its thread may neither allocate, free, lock nor log. Builds with
/// PARTYLINE_REAL_TIME_GUARD abort when it does; in others this costs nothing worth measuring. They nest.
class RealTimeScope {
public:
    RealTimeScope() noexcept;
    ~RealTimeScope();
    RealTimeScope(const RealTimeScope&) = delete;
    RealTimeScope& operator=(const RealTimeScope&) = delete;
};

/// [any] Whether a RealTimeScope lives on this thread.
[[nodiscard]] bool in_real_time() noexcept;

/// [any] Inside a RealTimeScope: says on standard error what was done there, "locked a mutex", and aborts.
/// Outside: nothing.
void forbid_in_real_time(const char* what) noexcept;

}  // namespace partyline
