#include "harness/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "harness/failure.hpp"

namespace partyline::harness {
namespace {

Process::Command shell(const std::string& script) {
    return {.arguments = {"/bin/sh", "-c", script}};
}
bool any_line(const std::string&) { return true; }

TEST(Process, LinesGoInAndOut) {
    Process cat(shell("cat; echo done >&2"));
    cat.write_line("one");
    cat.write_line("two");
    const auto two = cat.wait_for_line([](const std::string& line) { return line == "two"; });
    ASSERT_TRUE(two);
    EXPECT_EQ(two->number, 1U);
    EXPECT_EQ(cat.wait_for_line(any_line)->text, "one") << "what was said stays";
    cat.close_input();
    EXPECT_EQ(cat.wait(), 0);
    EXPECT_EQ(cat.errors(), "done\n");
    EXPECT_EQ(cat.lines(), (std::vector<std::string>{"one", "two"}));
}

TEST(Process, TellsHowItEnded) {
    Process seven(shell("exit 7"));
    EXPECT_FALSE(seven.wait_for_line(any_line)) << "no line can come any more";
    EXPECT_EQ(seven.wait(), 7);
    Process killed(shell("echo up; read x"));
    ASSERT_TRUE(killed.wait_for_line(any_line));
    killed.signal(SIGTERM);
    EXPECT_EQ(killed.wait(), 128 + SIGTERM);
    Process missing({.arguments = {"/no/such/program"}});
    EXPECT_EQ(missing.wait(), 127);
}

TEST(Process, DoesNotWaitForEver) {
    Process stubborn(shell("echo up; read x"));
    ASSERT_TRUE(stubborn.wait_for_line(any_line));
    EXPECT_FALSE(stubborn.wait_for_line([](const std::string& line) { return line == "down"; }, 0,
                                        std::chrono::milliseconds(20)));
    EXPECT_THROW(stubborn.wait(std::chrono::milliseconds(20)), Failure);
}

TEST(Process, GetsItsOwnVariablesOnTopOfOurs) {
    Process env({.arguments = {"/bin/sh", "-c", "echo $WORD; echo ${PATH:+path}"},
                 .environment = {"WORD=hello"}});
    EXPECT_EQ(env.wait(), 0);
    EXPECT_EQ(env.lines(), (std::vector<std::string>{"hello", "path"}));
}

}  // namespace
}  // namespace partyline::harness
