#include <sys/resource.h>

#include <limits>

#include "platform/open_files.hpp"

namespace partyline::platform {

std::uint64_t raise_open_files_max() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return std::numeric_limits<std::uint64_t>::max();  // unknown: nothing to complain about
    }
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

}  // namespace partyline::platform
