#include "demo/deadline.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <iostream>
#include <string_view>

#include "harness/failure.hpp"
#include "harness/tap.hpp"

namespace partyline::demo {
namespace {

harness::Failure failure(std::string_view what) {
    return harness::Failure(std::format("{}: {}", what, std::strerror(errno)));
}

[[noreturn]] void work_as_child(const std::function<int()>& work) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int code = work();
    std::cout << std::flush;
    _exit(code);
}

/// False when `limit` passes first.
bool wait_for_end(const harness::Descriptor& child, Duration limit) {
    const SystemClock clock;
    const auto end = clock.now() + limit;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.now()).count();
        pollfd ended{.fd = child.get(), .events = POLLIN, .revents = 0};
        const int count = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (count >= 0 || errno != EINTR) {
            return count > 0;
        }
    }
}

}  // namespace

std::optional<int> run_within(Duration limit, const std::function<int()>& work) {
    std::cout << std::flush;
    const auto pid = fork();
    if (pid < 0) {
        throw failure("cannot make a process");
    }
    if (pid == 0) {
        work_as_child(work);
    }
    const harness::Descriptor child(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (child.get() < 0 || !wait_for_end(child, limit)) {
        kill(pid, SIGKILL);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
}

}  // namespace partyline::demo
