#include "cli/end_in_time.hpp"

#include <gtest/gtest.h>

#include <future>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

TEST(EndInTime, LetsWhoeverEndsInTimeDoSo) {
    bool too_late = false;
    {
        const EndInTime end(program_end_max, [&] { too_late = true; });
    }
    EXPECT_FALSE(too_late);
}

TEST(EndInTime, DoesNotWaitForWhoeverHangs) {
    std::promise<void> too_late;
    const EndInTime end(Duration{}, [&] { too_late.set_value(); });
    too_late.get_future().wait();
}

}  // namespace
}  // namespace partyline::cli
