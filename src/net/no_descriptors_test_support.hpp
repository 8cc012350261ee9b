// For tests: a machine that has no descriptor left for this program.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.hpp"

namespace partyline::net {

/// While it lives, nothing can be opened and nobody accepted; what is open stays so. One at a time, and no
/// other thread may close anything meanwhile. The sanitizer of undefined behaviour opens a pipe for each class whose
/// virtual functions it first sees called: make what the test needs before.
class NoDescriptors {
public:
    NoDescriptors() {
        log::warning("from now on there is no descriptor");  // and the log's classes are known
        EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
        const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
        close(next);
        auto none = before_;
        none.rlim_cur = static_cast<rlim_t>(next);
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
};

}  // namespace partyline::net
