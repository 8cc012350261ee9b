#include "demo/deadline.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

#include "harness/process.hpp"
#include "harness/scratch.hpp"
#include "harness/tap.hpp"

namespace partyline::demo {
namespace {

constexpr Duration long_enough = std::chrono::minutes(1);
constexpr Duration soon = std::chrono::milliseconds(200);

TEST(Deadline, WhatEndsInTimeTellsHow) {
    EXPECT_EQ(run_within(long_enough, [] { return 0; }), 0);
    EXPECT_EQ(run_within(long_enough, [] { return 7; }), 7);
}

TEST(Deadline, WhatDoesNotEndIsEnded) {
    EXPECT_EQ(run_within(soon,
                         [] {
                             pause();
                             return 0;
                         }),
              std::nullopt);
}

TEST(Deadline, WhatDiesHasNoExitCode) {
    EXPECT_EQ(run_within(long_enough,
                         [] {
                             raise(SIGKILL);
                             return 0;
                         }),
              std::nullopt);
}

TEST(Deadline, WhatItHasStartedDiesWithIt) {
    const harness::Scratch scratch;
    const auto note = scratch.path("pid");
    pid_t pid = 0;
    // On a busy machine it has started nothing so soon.
    for (auto limit = soon; pid == 0 && limit < long_enough; limit *= 2) {
        EXPECT_EQ(run_within(limit,
                             [&] {
                                 const harness::Process sleeper(
                                     {.arguments = {"/usr/bin/sleep", "1000"}});
                                 std::ofstream(note) << sleeper.pid() << std::flush;
                                 pause();
                                 return 0;
                             }),
                  std::nullopt);
        std::ifstream(note) >> pid;
    }
    ASSERT_GT(pid, 0);
    // The system ends it as soon as its parent is dead. Where nobody is of that number any more, it has.
    const harness::Descriptor sleeper(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    pollfd ended{.fd = sleeper.get(), .events = POLLIN, .revents = 0};
    constexpr std::chrono::milliseconds patience = harness::patience;
    EXPECT_TRUE(sleeper.get() < 0 || ::poll(&ended, 1, static_cast<int>(patience.count())) == 1);
}

}  // namespace
}  // namespace partyline::demo
