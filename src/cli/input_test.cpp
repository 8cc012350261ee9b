#include "cli/input.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <string>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

TEST(Input, IsReadLineByLineAndALineThatIsTooLongIsCut) {
    const std::string longest(line_bytes_max, 'x');
    std::istringstream in("say hi\n\n" + longest + "\n" + longest + "y\nlast");
    std::string line;
    for (const auto& expected :
         {std::string("say hi"), std::string(), longest, longest, std::string("last")}) {
        ASSERT_TRUE(read_line(*in.rdbuf(), line));
        EXPECT_EQ(line, expected);
    }
    EXPECT_FALSE(read_line(*in.rdbuf(), line));
}

TEST(Inbox, HoldsSoMuchAndSaysWhenSomethingWasLost) {
    Inbox inbox;
    for (std::size_t i = 0; i < inbox_items_max; ++i) {
        ASSERT_TRUE(inbox.put(InputLine{std::to_string(i)})) << i;
    }
    EXPECT_FALSE(inbox.overflowed());
    EXPECT_FALSE(inbox.put(InputLine{"one more"}));
    EXPECT_TRUE(inbox.overflowed());
    std::size_t taken = 0;
    while (const auto item = inbox.take(TimePoint{})) {
        EXPECT_EQ(std::get<InputLine>(*item).line, std::to_string(taken++));
    }
    EXPECT_EQ(taken, inbox_items_max) << "what was there is not lost";
    EXPECT_TRUE(inbox.put(InputLine{"again"}));
}

TEST(Signals, TheFirstIsCountedAndTheSecondEndsTheProgram) {
    for (const int first : {SIGINT, SIGTERM}) {
        catch_signals();
        const auto before = signals_caught();
        std::raise(first);
        EXPECT_EQ(signals_caught(), before + 1);
        for (const int second : {SIGINT, SIGTERM}) {
            EXPECT_TRUE(std::signal(second, SIG_DFL) == SIG_DFL) << "it is caught no more";
        }
    }
    for (const int changed : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) {
        std::signal(changed, SIG_DFL);
    }
}

TEST(Signals, AreLookedForHoweverLongNothingElseIsDue) {
    constexpr TimePoint now{std::chrono::hours(1)};
    constexpr auto tick = Duration(1);
    const auto look = now + signal_look_period;
    EXPECT_EQ(next_look(look + tick, now), look);
    EXPECT_EQ(next_look(TimePoint::max(), now), look);
    EXPECT_EQ(next_look(look, now), look);
    EXPECT_EQ(next_look(look - tick, now), look - tick) << "what is due sooner";
    EXPECT_EQ(next_look(now - tick, now), now - tick) << "or overdue";
}

}  // namespace
}  // namespace partyline::cli
