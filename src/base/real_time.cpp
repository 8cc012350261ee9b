#include "base/real_time.hpp"

#include <cstdio>
#include <cstdlib>

namespace partyline {
namespace {

// Read by malloc itself, so it must exist before the first constructor runs.
constinit thread_local int depth = 0;

}  // namespace

RealTimeScope::RealTimeScope() noexcept { ++depth; }
RealTimeScope::~RealTimeScope() { --depth; }

bool in_real_time() noexcept { return depth > 0; }

void forbid_in_real_time(const char* what) noexcept {
    if (depth == 0) {
        return;
    }
    // Whatever runs while we die may do what it likes.
    depth = 0;
    std::fprintf(stderr,
                 "partyline: a device callback %s; it must only move samples (docs/threads.md)\n",
                 what);
    std::abort();
}

}  // namespace partyline
