// How a program of ours says that it cannot do what it is asked for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/server.hpp"

namespace partyline::integration {

/// It ended with 1, and has complained with all these words.
inline void expect_refused(const harness::Ended& ended, const std::vector<std::string>& words) {
    EXPECT_EQ(ended.code, 1) << ended.out;
    for (const auto& word : words) {
        EXPECT_TRUE(ended.errors.contains(word)) << ended.errors << "without: " << word;
    }
}

/// The same, in one line.
inline void expect_refused_in_a_line(const harness::Ended& ended,
                                     const std::vector<std::string>& words) {
    EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
    expect_refused(ended, words);
}

}  // namespace partyline::integration
